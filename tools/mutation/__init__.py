"""Mutants: wrong answers made from the stored solutions, to see whether the checks refuse them.

`solutions` finds what a lesson hands to `lab.check`; `syntax` changes one place of it;
`arguments` puts a line before its first one; `mutants` lists all that come of it; `trial` asks
the checks; `equivalents` knows the mutants that are right all the same; `records` keeps the count.
"""
