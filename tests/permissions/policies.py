"""What the roles of the functions allow, with the template's parameters at their defaults, or naming everything if they
name nothing by default."""

import re
from fnmatch import fnmatchcase
from functools import cache

from infra.test_permissions import as_list, statements

NO_VALUE = object()


class Policies:
    """The policies of an expanded template; `outputs` are those of the stack, which tell what its resources are called."""

    def __init__(self, expanded, outputs):
        self._expanded = expanded
        _, _, _, region, account, machine = outputs["StateMachineArn"].split(":", 5)
        stack = machine.removeprefix("stateMachine:")
        self.here = f"{region}:{account}"
        self._names = {
            "AWS::Partition": "aws",
            "AWS::Region": region,
            "AWS::AccountId": account,
            "AWS::StackName": stack,
            "AWS::URLSuffix": "amazonaws.com",
            "AWS::NoValue": NO_VALUE,
            "NotificationTopic": outputs["NotificationTopicArn"],
            "Table.Arn": f"arn:aws:dynamodb:{self.here}:table/{outputs['TableName']}",
            "Bucket.Arn": f"arn:aws:s3:::{outputs['BucketName']}",
            "Key.Arn": outputs["KeyArn"],
            # CloudFormation adds a suffix of its own.
            "LostAlarmQueue.Arn": f"arn:aws:sqs:{self.here}:{stack}-LostAlarmQueue-*",
        }
        for name, parameter in expanded["Parameters"].items():
            default = parameter.get("Default", "")
            lists = parameter["Type"] == "CommaDelimitedList"
            # A list that names nothing by default is taken as whoever uses the action has it: with what the tests use in it.
            self._names[name] = [item for item in default.split(",") if item] or ["*"] if lists else default
        for name, resource in expanded["Resources"].items():
            properties = resource.get("Properties", {})
            if resource["Type"] == "AWS::Logs::LogGroup":
                group = self.resolve(properties["LogGroupName"])
                self._names[f"{name}.Arn"] = f"arn:aws:logs:{self.here}:log-group:{group}:*"
            if resource["Type"] == "AWS::Lambda::Function":
                function = self.resolve(properties["FunctionName"])
                self._names[f"{name}.Arn"] = f"arn:aws:lambda:{self.here}:function:{function}"
        self._statements = list(statements(expanded))

    def functions(self):
        """The functions of the stack by name, each with the policies that its role has."""
        resources = self._expanded["Resources"]
        found = {}
        for resource in resources.values():
            if resource["Type"] == "AWS::Lambda::Function":
                role = resource["Properties"]["Role"]["Fn::GetAtt"][0]
                attached = resources[role]["Properties"]["ManagedPolicyArns"]
                # Whatever parameter switches them on, as with statements.
                attached = [policy["Fn::If"][1] if "Fn::If" in policy else policy for policy in attached]
                attached = [policy["Ref"] for policy in attached]
                found[self.resolve(resource["Properties"]["FunctionName"])] = [role, *attached]
        return found

    def of(self, owners, effect="Allow"):
        """The statements of these policies, whatever parameter switches them on."""
        return [s for owner, s in self._statements if owner in owners and s["Effect"] == effect]

    def resources(self, statement):
        """Patterns of ARNs. Empty if the defaults name none."""
        return as_list(self.resolve(statement["Resource"]))

    def applies(self, statement, resource):
        """Whether a statement may mean a resource."""
        if "NotResource" in statement:
            return not any(overlap(pattern, resource) for pattern in self.resolve(statement["NotResource"]))
        return any(overlap(pattern, resource) for pattern in self.resources(statement))

    def refusal(self, owners, action, resource):
        """Why a call is refused; None if it is allowed. Conditions are not looked at: the log does not know their facts."""
        for effect, refused in (("Deny", True), ("Allow", False)):
            meant = [s for s in self.of(owners, effect) if any(fnmatchcase(action, a) for a in as_list(s["Action"]))]
            applies = [s for s in meant if self.applies(s, resource)]
            if refused and applies:
                return f"{applies[0]['Sid']} denies it"
            if not refused and not applies:
                elsewhere = ", ".join(f"{s['Sid']} only on {' '.join(self.resources(s))}" for s in meant)
                return f"allowed by {elsewhere}" if elsewhere else "no statement allows it"
        return None

    def resolve(self, value):
        """A value of the template without functions of CloudFormation."""
        if isinstance(value, list):
            return [item for item in map(self.resolve, value) if item is not NO_VALUE]
        if not isinstance(value, dict):
            return value
        [(function, argument)] = value.items()
        match function:
            case "Ref":
                return self._name(argument)
            case "Fn::GetAtt":
                return self._name(".".join(argument))
            case "Fn::Sub":
                return re.sub(r"\$\{([^}]+)\}", lambda found: self._name(found[1]), argument)
            case "Fn::If":
                condition, then, otherwise = argument
                return self.resolve(then if self._holds(self._expanded["Conditions"][condition]) else otherwise)
            case "Fn::Join":
                return argument[0].join(self.resolve(argument[1]))
        raise ValueError(f"tests/permissions does not know {function}")

    def _name(self, name):
        if name not in self._names:
            raise ValueError(f"tests/permissions does not know what {name} is called in the cloud")
        return self._names[name]

    def _holds(self, condition):
        [(function, argument)] = condition.items()
        match function:
            case "Fn::Equals":
                one, other = map(self.resolve, argument)
                return one == other
            case "Fn::Not":
                return not self._holds(argument[0])
        raise ValueError(f"tests/permissions does not know the condition {function}")


@cache
def overlap(one, other):
    """Whether two patterns of `*` and `?` have a text in common."""
    if not one or not other:
        return not (one + other).strip("*")
    if one[0] == "*":
        return overlap(one[1:], other) or overlap(one, other[1:])
    if other[0] == "*":
        return overlap(other, one)
    return (one[0] == other[0] or "?" in (one[0], other[0])) and overlap(one[1:], other[1:])
