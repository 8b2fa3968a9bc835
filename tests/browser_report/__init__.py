"""The files of a case, opened as people open them."""
