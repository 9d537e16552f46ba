"""CloudFormation's intrinsic functions, as far as they can be known without a deployment.

Source: CloudFormation guide, "Intrinsic function reference", "Condition functions" and "Pseudo
parameters reference".
"""

from __future__ import annotations

import base64
import os
import re
from typing import TYPE_CHECKING, Any, Final

from asgi_lambda.errors import AsgiLambdaError
from asgi_lambda.local import fields

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_VARIABLE: Final = re.compile(r"\$\{(!?)([^}]+)\}")
_NO_VALUE: Final = object()
# What a reference gives the ARN of, which has the function's name in it.
_OF_A_FUNCTION: Final = ("AWS::Lambda::Alias", "AWS::Lambda::Version")


class Unresolved(AsgiLambdaError):
    """A value that only a deployment has; names the intrinsic function."""


def function_arn(name: str) -> str:
    """The ARN that a function of this logical id has here."""
    return f"arn:aws:lambda:{_region()}:{fields.ACCOUNT}:function:{name}"


class Resolver:
    """What the values of a template are.

    document: with `Resources`, perhaps `Conditions` and `Mappings`. parameters: by name.
    stand_ins: logical ids that stood in for the name of a resource, since it is not deployed; the
    caller may clear it.
    """

    def __init__(self, document: Mapping[str, Any], parameters: Mapping[str, Any]) -> None:
        self._resources: Mapping[str, Any] = document["Resources"]
        self._conditions = document.get("Conditions") or {}
        self._mappings = document.get("Mappings") or {}
        self._parameters = {**_pseudo_parameters(), **parameters}
        self.stand_ins: list[str] = []

    def value(self, node: Any) -> Any:
        """The value, with all functions in it resolved. Raises Unresolved."""
        found = self._value(node)
        return None if found is _NO_VALUE else found

    def condition(self, name: str) -> bool:
        """Whether a condition holds. Raises Unresolved."""
        if name not in self._conditions:
            raise Unresolved(f"Condition {name}")
        return bool(self._value(self._conditions[name]))

    def _value(self, node: Any) -> Any:
        if isinstance(node, list):
            return [each for each in map(self._value, node) if each is not _NO_VALUE]
        if not isinstance(node, dict):
            return node
        if len(node) == 1:
            [(name, argument)] = node.items()
            if name == "Condition" and isinstance(argument, str):
                return self.condition(argument)
            if name == "Ref" or name.startswith("Fn::"):
                if name not in _FUNCTIONS:
                    raise Unresolved(name)
                return _FUNCTIONS[name](self, argument)
        values = {key: self._value(each) for key, each in node.items()}
        return {key: each for key, each in values.items() if each is not _NO_VALUE}

    def _ref(self, name: str) -> Any:
        if name in self._parameters:
            return self._parameters[name]
        if name not in self._resources:
            raise Unresolved(f"Ref {name}")
        resource = self._resources[name]
        if resource["Type"] in _OF_A_FUNCTION:
            return function_arn(self._value(resource["Properties"]["FunctionName"]))
        if resource["Type"] != "AWS::Lambda::Function":
            self.stand_ins.append(name)
        return name

    def _get_att(self, argument: list[Any] | str) -> Any:
        parts = argument.split(".", 1) if isinstance(argument, str) else argument
        name, attribute = parts[0], parts[1]
        resource = self._resources.get(name, {})
        if resource.get("Type") == "AWS::Lambda::Function" and attribute == "Arn":
            return function_arn(name)
        raise Unresolved(f"Fn::GetAtt {name}.{attribute}")

    def _sub(self, argument: list[Any] | str) -> str:
        text, given = (argument, {}) if isinstance(argument, str) else argument

        def replace(match: re.Match[str]) -> str:
            literal, name = match[1], match[2].strip()
            if literal:
                return f"${{{name}}}"
            if name in given:
                return str(self._value(given[name]))
            return str(self._get_att(name) if "." in name else self._ref(name))

        return _VARIABLE.sub(replace, text)

    def _join(self, argument: list[Any]) -> str:
        separator, parts = argument
        return str(separator).join(str(each) for each in self._value(parts))

    def _select(self, argument: list[Any]) -> Any:
        index, values = self._value(argument)
        try:
            return values[int(index)]
        except IndexError:
            raise Unresolved(f"Fn::Select {index}") from None

    def _split(self, argument: list[Any]) -> list[str]:
        separator, text = self._value(argument)
        return str(text).split(separator)

    def _find_in_map(self, argument: list[Any]) -> Any:
        name, *keys = self._value(argument)[:3]
        found = self._mappings.get(name)
        for key in keys:
            if not isinstance(found, dict) or str(key) not in found:
                raise Unresolved(f"Fn::FindInMap {name}")
            found = found[str(key)]
        return found

    def _base64(self, argument: Any) -> str:
        return base64.b64encode(str(self._value(argument)).encode()).decode("ascii")

    def _if(self, argument: list[Any]) -> Any:
        name, then, otherwise = argument
        return self._value(then if self.condition(name) else otherwise)

    def _equals(self, argument: list[Any]) -> bool:
        first, second = self._value(argument)
        return str(first) == str(second)

    def _and(self, argument: list[Any]) -> bool:
        return all(self._value(argument))

    def _or(self, argument: list[Any]) -> bool:
        return any(self._value(argument))

    def _not(self, argument: list[Any]) -> bool:
        return not self._value(argument)[0]


_FUNCTIONS: Final[dict[str, Callable[[Resolver, Any], Any]]] = {
    "Ref": Resolver._ref,
    "Fn::GetAtt": Resolver._get_att,
    "Fn::Sub": Resolver._sub,
    "Fn::Join": Resolver._join,
    "Fn::Select": Resolver._select,
    "Fn::Split": Resolver._split,
    "Fn::FindInMap": Resolver._find_in_map,
    "Fn::Base64": Resolver._base64,
    "Fn::If": Resolver._if,
    "Fn::Equals": Resolver._equals,
    "Fn::And": Resolver._and,
    "Fn::Or": Resolver._or,
    "Fn::Not": Resolver._not,
}


def _region() -> str:
    return os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION") or fields.REGION


def _pseudo_parameters() -> dict[str, Any]:
    return {
        "AWS::AccountId": fields.ACCOUNT,
        "AWS::NoValue": _NO_VALUE,
        "AWS::NotificationARNs": [],
        "AWS::Partition": "aws",
        "AWS::Region": _region(),
        "AWS::StackId": f"arn:aws:cloudformation:{_region()}:{fields.ACCOUNT}:stack/local/0",
        "AWS::StackName": "local",
        "AWS::URLSuffix": "amazonaws.com",
    }
