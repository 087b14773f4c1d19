"""One language for guards, eligibility, amounts and figures.

A whitelisted subset of Python expressions over declared names: integers, booleans and texts, comparisons, and/or/not,
`+ - *`, `x if test else y`, and the functions `min`, `max`, `mul_div` (the only division), `known(name)` and
`parameter('name')`. No floats, no nulls, no loops. Everything that could go wrong is proven not to at load: kinds,
ranges below 2**53, choices of texts, and that an optional name is read only where it is known.

`lex` and `parse` read a text, `check` proves it, `generate` compiles it, `interpret` explains it. Example:

    scope = Scope({"returns": Declared("int", 0, 9), "fire_risk": Declared("bool")})
    guard = compile_or_raise("returns == 0 and fire_risk", scope)
    guard.evaluate({"returns": 0, "fire_risk": True}, {})   # True
"""

from __future__ import annotations

from sanban.kernel.expression.expression import Expression, compile_expression, compile_or_raise
from sanban.kernel.expression.interpret import CHINESE, ENGLISH, Trace, Words
from sanban.kernel.expression.scope import FUNCTIONS, Declared, ParameterRange, Scope

__all__ = [
    "CHINESE",
    "ENGLISH",
    "FUNCTIONS",
    "Declared",
    "Expression",
    "ParameterRange",
    "Scope",
    "Trace",
    "Words",
    "compile_expression",
    "compile_or_raise",
]
