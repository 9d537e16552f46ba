"""SAM templates of the tests, written out beside code that is there."""

from __future__ import annotations

from pathlib import Path

from asgi_lambda.local.template import document, stack

APP = """
import os

from asgi_lambda import adapt


async def app(scope, receive, send):
    if scope["type"] == "lifespan":
        while True:
            step = (await receive())["type"]
            if os.environ.get("FAILS"):
                await send({"type": step + ".failed", "message": "no database"})
                return
            await send({"type": step + ".complete"})
            if step == "lifespan.shutdown":
                return
    if scope["path"].endswith("/exit"):
        os._exit(3)
    event = scope["aws.event"]
    route = event.get("resource") or event.get("routeKey")
    lines = [__file__, scope["path"], str(route), str(event.get("pathParameters"))]
    lines += [str(scope["client"][0]), dict(scope["headers"])[b"host"].decode()]
    lines += [os.environ.get("GREETING", "no greeting")]
    body = b""
    while True:
        message = await receive()
        body += message.get("body", b"")
        if not message.get("more_body", False):
            break
    lines.append(body.decode())
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": "\\n".join(lines).encode()})


handler = adapt(app)
"""

HEAD = "Transform: AWS::Serverless-2016-10-31\n"

# Two functions with a module of the same name, behind one API and front doors of their own.
TWO = (
    HEAD
    + """
Parameters:
  Greeting: {Type: String, Default: good day}
  Balanced: {Type: String, Default: 'no'}
Conditions:
  HasBalancer: !Equals [!Ref Balanced, 'yes']
Globals:
  Function: {Handler: app.handler, Runtime: python3.13, Timeout: 20}
Resources:
  Shop:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: shop
      Environment: {Variables: {GREETING: !Ref Greeting}}
      FunctionUrlConfig: {AuthType: NONE}
      Events:
        Items: {Type: Api, Properties: {RestApiId: !Ref Api, Path: '/items/{id}', Method: GET}}
        Old: {Type: HttpApi, Properties: {PayloadFormatVersion: '1.0', Path: /old, Method: GET}}
  Users:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: users
      Events:
        Users: {Type: Api, Properties: {RestApiId: !Ref Api, Path: '/users/{proxy+}', Method: ANY}}
        New: {Type: HttpApi, Properties: {Path: '/new/{id}', Method: GET}}
  Api:
    Type: AWS::Serverless::Api
    Properties: {StageName: dev, OpenApiVersion: 3.0.1, Variables: {color: blue}}
  Group:
    Type: AWS::ElasticLoadBalancingV2::TargetGroup
    Condition: HasBalancer
    Properties:
      TargetType: lambda
      TargetGroupAttributes: [{Key: lambda.multi_value_headers.enabled, Value: 'true'}]
      Targets: [{Id: !GetAtt Users.Arn}]
"""
)

# One function, of whose front doors and routes some stream.
STREAMS = (
    HEAD
    + """
Resources:
  One:
    Type: AWS::Serverless::Function
    Properties:
      Handler: app.handler
      Runtime: python3.13
      CodeUri: one
      FunctionUrlConfig: {AuthType: NONE, InvokeMode: RESPONSE_STREAM}
      Events:
        Whole: {Type: Api, Properties: {Path: /whole, Method: GET}}
        Parts:
          Type: Api
          Properties: {Path: /parts, Method: GET, ResponseTransferMode: RESPONSE_STREAM}
"""
)


def write(folder: Path, text: str = TWO, *codes: str) -> Path:
    """A template, and folders with the application."""
    for code in codes or ("shop", "users"):
        (folder / code).mkdir(exist_ok=True)
        (folder / code / "app.py").write_text(APP)
    path = folder / "template.yaml"
    path.write_text(text)
    return path


def read(folder: Path, text: str = TWO, *codes: str, **overrides: str) -> stack.Stack:
    """What a template has."""
    path = write(folder, text, *codes)
    return stack.of(document.read(path, overrides), folder)
