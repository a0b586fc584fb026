"""What students answer to each exercise, a module for each notebook, and a word that the feedback must contain."""
