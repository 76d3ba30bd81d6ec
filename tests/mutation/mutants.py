"""Small faults, one at a time: each is a rule with one operator, number or step changed.

A mutant is made on the syntax tree of a module and put into the running process by exchanging the
code of one function, so that nothing needs to be imported again. What stands outside of functions
(tables, constants, classes) is left as it is, and so are assertions and texts of documentation.
"""

import ast
import copy
import inspect
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import CodeType, FunctionType, ModuleType
from typing import Final, TypeAlias

Function: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef

#: What an operator is changed to: its nearest neighbour, and for an order its opposite too.
COMPARED: Final[dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]]] = {
    ast.Lt: (ast.LtE, ast.GtE),
    ast.LtE: (ast.Lt, ast.Gt),
    ast.Gt: (ast.GtE, ast.LtE),
    ast.GtE: (ast.Gt, ast.Lt),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
}
COUNTED: Final[dict[type[ast.operator], type[ast.operator]]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Add,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult,
    ast.Mod: ast.Add,
    ast.Pow: ast.Mult,
    ast.BitOr: ast.BitAnd,
    ast.BitAnd: ast.BitOr,
}
CALLED: Final = {
    "min": "max",
    "max": "min",
    "any": "all",
    "all": "any",
    "ceil": "floor",
    "floor": "ceil",
    "bisect_right": "bisect_left",
}
_OUTSIDE: Final = (ast.Assert, ast.Raise)


@dataclass(frozen=True, slots=True)
class Mutant:
    """One small fault."""

    module: str
    function: str  # its qualified name in the module
    line: int
    what: str
    code: CodeType

    def __str__(self) -> str:
        return f"{self.module}:{self.line} {self.function}: {self.what}"


@dataclass(frozen=True, slots=True)
class _Change:
    line: int
    what: str
    made: Callable[[ast.AST], ast.AST]  # of the node, on a copy of the tree


def mutants_of(module: ModuleType) -> Iterator[Mutant]:
    """Every mutant of the functions and methods of a module, in the order of its lines."""
    tree = ast.parse(inspect.getsource(module))
    for name, function in _functions(tree):
        for place, node in enumerate(_inside(function)):
            for change in _changes(node):
                code = _compiled(module, name, function, place, change)
                yield Mutant(module.__name__, name, change.line, change.what, code)


def live(module: ModuleType, name: str) -> FunctionType:
    """The function of this name, as the process has it."""
    found: object = module
    for part in name.split("."):
        found = vars(found)[part]
    found = inspect.unwrap(found) if callable(found) else found
    for wrapped in ("fget", "__func__"):
        found = getattr(found, wrapped, None) or found
    assert isinstance(found, FunctionType), f"{name} is no function"
    return found


def _functions(tree: ast.Module) -> Iterator[tuple[str, Function]]:
    for node in tree.body:
        if isinstance(node, Function):
            yield node.name, node
        elif isinstance(node, ast.ClassDef):
            for inner in node.body:
                if isinstance(inner, Function):
                    yield f"{node.name}.{inner.name}", inner


def _inside(function: Function) -> Iterator[ast.AST]:
    """The nodes of a function's body, without its documentation and its assertions."""
    body = function.body
    if isinstance(body[0], ast.Expr) and isinstance(body[0].value, ast.Constant):
        body = body[1:]
    for statement in body:
        yield from _walked(statement)


def _walked(node: ast.AST) -> Iterator[ast.AST]:
    if isinstance(node, _OUTSIDE):
        return
    yield node
    if isinstance(node, ast.keyword) and node.arg == "strict":
        return  # what is zipped here is of one length, and this only says so
    for name, child in ast.iter_fields(node):
        if name in ("annotation", "returns"):
            continue
        for each in child if isinstance(child, list) else [child]:
            if isinstance(each, ast.AST):
                yield from _walked(each)


def _compiled(
    module: ModuleType, name: str, function: Function, place: int, change: _Change
) -> CodeType:
    """The code of the function with the change made in it."""
    mutated = copy.deepcopy(function)
    mutated.decorator_list = []
    target = next(node for nth, node in enumerate(_inside(mutated)) if nth == place)
    made = change.made(target)
    if made is not target:
        _Exchange(target, made).visit(mutated)
    body: list[ast.stmt] = [mutated]
    for part in reversed(name.split(".")[:-1]):
        body = [ast.ClassDef(part, [], [], body, [])]
    future = ast.ImportFrom("__future__", [ast.alias("annotations")], 0)
    whole = ast.fix_missing_locations(ast.Module([future, *body], []))
    return _code_of(compile(whole, module.__file__ or "", "exec"), function.name)


def _code_of(code: CodeType, name: str) -> CodeType:
    for const in code.co_consts:
        if isinstance(const, CodeType):
            return const if const.co_name == name else _code_of(const, name)
    raise LookupError(name)


class _Exchange(ast.NodeTransformer):
    """Puts one node in the place of another."""

    def __init__(self, old: ast.AST, new: ast.AST) -> None:
        self._old = old
        self._new = new

    def visit(self, node: ast.AST) -> ast.AST:
        if node is self._old:
            return ast.copy_location(self._new, node) if isinstance(node, ast.expr) else self._new
        return self.generic_visit(node)


def _changes(node: ast.AST) -> Iterator[_Change]:
    match node:
        case ast.Compare():
            yield from _compared(node)
        case ast.BinOp(op=op) | ast.AugAssign(op=op) if type(op) in COUNTED:
            other = COUNTED[type(op)]
            yield _change(node, f"{_name(op)} became {other.__name__}", _with("op", other()))
        case ast.BoolOp(op=op):
            turned = ast.Or() if isinstance(op, ast.And) else ast.And()
            yield _change(node, f"{_name(op)} became {_name(turned)}", _with("op", turned))
        case ast.UnaryOp(op=ast.Not() | ast.USub() as op, operand=operand):
            yield _change(node, f"{_name(op)} was left out", lambda _: copy.deepcopy(operand))
        case ast.Constant(value=bool() as value):
            yield _change(node, f"{value} became {not value}", _with("value", not value))
        case ast.Constant(value=int() as value):
            yield _change(node, f"{value} became {value + 1}", _with("value", value + 1))
        case ast.Constant(value=str() as value) if value:
            yield _change(node, f"{value!r} became another text", _with("value", f"X{value}"))
        case ast.Call(func=ast.Name(id=name)) if name in CALLED:
            yield _change(node, f"{name} became {CALLED[name]}", _with_name(CALLED[name]))
        case ast.If() | ast.IfExp() | ast.While():
            yield _change(node, "its condition was turned round", _turned_round)
        case ast.Return(value=ast.AST() as value) if not _is_nothing(value):
            yield _change(node, "nothing was returned", _with("value", ast.Constant(None)))
        case ast.Expr(value=ast.Call() | ast.Yield() | ast.YieldFrom()):
            yield _change(node, "it was left out", lambda _: ast.Pass())
        case ast.Continue():
            yield _change(node, "continue became break", lambda _: ast.Break())
        case ast.Break():
            yield _change(node, "break became continue", lambda _: ast.Continue())
        case _:
            return


def _compared(node: ast.Compare) -> Iterator[_Change]:
    for place, op in enumerate(node.ops):
        for other in COMPARED[type(op)]:

            def made(found: ast.AST, place: int = place, new: type[ast.cmpop] = other) -> ast.AST:
                assert isinstance(found, ast.Compare)
                found.ops[place] = new()
                return found

            yield _change(node, f"{_name(op)} became {other.__name__}", made)


def _change(node: ast.AST, what: str, made: Callable[[ast.AST], ast.AST]) -> _Change:
    return _Change(getattr(node, "lineno", 0), what, made)


def _with(field: str, value: object) -> Callable[[ast.AST], ast.AST]:
    def made(found: ast.AST) -> ast.AST:
        setattr(found, field, value)
        return found

    return made


def _with_name(name: str) -> Callable[[ast.AST], ast.AST]:
    """``__import__`` keeps a builtin or a function of another module within reach."""
    homes = {"ceil": "math", "floor": "math", "bisect_left": "bisect"}
    source = f"__import__({homes[name]!r}).{name}" if name in homes else name
    return _with("func", ast.parse(source, mode="eval").body)


def _turned_round(found: ast.AST) -> ast.AST:
    assert isinstance(found, ast.If | ast.IfExp | ast.While)
    found.test = ast.UnaryOp(ast.Not(), found.test)
    return found


def _is_nothing(value: ast.AST) -> bool:
    """Who asks whether something is so takes nothing for a no."""
    return isinstance(value, ast.Constant) and value.value in (None, False)


def _name(op: ast.AST) -> str:
    return type(op).__name__
