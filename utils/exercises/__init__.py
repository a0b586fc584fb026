'''The exercises of the notebooks, one module for each: `q1`, `q2`, ... with `.check(answer)`, `.hint()`, `.solution()`.

To add one, say to notebook 05:

1. Ask. In the notebook, a cell of Markdown (a slide) with the question, and a cell of code (a fragment of it)::

       ### Exercise 5.9

       A max pooling layer of 2 × 2 reads 6 maps of 28 × 28. How many numbers does it give?

       answer = None

       exercises.q9.check(answer)
       # exercises.q9.hint()
       # exercises.q9.solution()

2. Judge. At the end of lenet.py, the module of notebook 05; module and name make the number, 5.9::

       q9 = Exercise(
           judge=same_numbers(
               14 * 14 * 6,
               mistakes=[
                   (28 * 28 * 6, "That is what it reads. What becomes of a window?"),
                   (14 * 14, "That is one map."),
                   (14 * 28 * 6, "A window has two rows and two columns."),
               ],
           ),
           hint="Each window gives one number. How many windows does a map have?",
           solution="""
       windows = (28 // 2) * (28 // 2)
       answer = windows * 6
       """,
           lesson="Pooling leaves a quarter of the numbers.",
       )

   `mistakes` are pairs: a wrong answer and the feedback to it. For a function that students write there is
   `same_function`; any function that takes the answer and returns None or feedback is also a judge (see `_halved` in
   alexnet_zfnet_vgg.py). Feedback helps without giving the answer away. A judge of a function tries a case for each
   border that the question names; a tolerance fits the value that it is for.

3. Test. In tests/wrong_answers/lenet.py, list three or more likely answers, each with a word of the feedback to it::

       "q9": [(4704, "what it reads"), (196, "one map"), (2352, "two columns"), (1000, "not the value")],

   Then `pytest -n 0 tests/test_exercises.py -k lenet.q9` runs the solution that is shown, tries it as other types
   (arrays, fractions, tensors), and sixty odd answers, and looks for the answer in hint and feedback.

4. Vary. Where the numbers may be others, a function of them makes the exercise, and its defaults are the lecture's::

       def pooled_numbers(maps=6, size=28):
           """Make exercise 5.9 for other maps."""
           return Exercise(judge=same_numbers((size // 2) ** 2 * maps, ...), ...)

       q9 = pooled_numbers()

   The graded assignments ask the same with numbers of their own: course/publishing/assignment/variants/lenet.py says
   how they are drawn and how the question reads with them.
'''

MODULES = (  # the place in this list is the number of the notebook
    "cnn_at_a_glance",
    "convolution_1d",
    "images_and_filters_2d",
    "stride_padding_channels",
    "pooling_and_properties",
    "lenet",
    "alexnet_zfnet_vgg",
    "googlenet",
    "resnet",
    "transfer_learning",
)
