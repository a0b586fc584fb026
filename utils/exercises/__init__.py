"""The exercises of the notebooks, one module each: `q1`, `q2`, ... with `.check(answer)`, `.hint()`, `.solution()`."""
