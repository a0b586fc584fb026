"""Wrong answers to the exercises of notebook 09."""

WRONG = {
    "q1": [(1, "lines"), (2, "strokes"), (3, "not the value")],
    "q2": [(20, "Nearly"), (0.052, "other way"), (100.2, "Divide"), (501, "two ways")],
    "q3": [
        (lambda model: model.count_params(), "frozen ones"),
        (lambda model: sum(weight.numpy().size for weight in model.non_trainable_weights), "Those are the frozen"),
        (lambda model: sum(layer.count_params() for layer in model.layers if layer.trainable), "batch normalisation"),
        (lambda model: model.nosuch, "AttributeError"),
        (lambda model: len(model.trainable_weights), "many parameters"),
        (lambda model: sum(len(weight.numpy()) for weight in model.trainable_weights), "first axis only"),
        (lambda model: 7, "not the value"),
    ],
    "q4": [
        (0.0346, "percentage points"),
        (0.12, "square root"),
        (0.0012, "square root"),
        (0.245, "under the root"),
        (49, "single image"),
        (5.48, "factor"),
        (3.5, "two decimals"),
        (3, "not the value"),
    ],
    "q5": [
        ([3, 2, 3, 0], "(a)"),
        ([2, 2, 3, 0], "dogs"),
        ([1, 1, 3, 0], "(b)"),
        ([1, 0, 3, 0], "(b)"),
        ([1, 3, 3, 0], "in seconds"),
        ([1, 2, 1, 0], "(c)"),
        ([1, 2, 3, 3], "(d)"),
        ([0, 1, 3, 3], "1 of 4"),
        (1, "list"),
        ([1, 2], "expected 4 values, got 2"),
        ([1, 2, 0, 0], "the third"),
        ([0, 2, 3, 0], "the worst"),
    ],
}
