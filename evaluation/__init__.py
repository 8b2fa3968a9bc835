"""A calibration corpus: invented firms, people and months of work, with takeovers and their look-alikes.

Nothing in the product imports this folder, and nothing here but `evaluation.judging` imports the product: the
corpus is made without looking at how it will be judged. It was written by the same hands as the product all
the same, so what it shows is a measure for tuning and no evidence (see ``docs/evaluation.md``).
"""
