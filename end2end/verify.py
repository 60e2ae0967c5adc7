"""Checks an access token with PyJWT, by a key set alone: what another service would do in Python.

Reads {"jwks", "token", "issuer", "audience"} as JSON, and prints {"claims"} or {"error"}, the name of what refused it.
"""

import json
import sys

import jwt


def verify(asked: dict) -> dict:
    try:
        key = jwt.PyJWKSet.from_dict(asked["jwks"])[jwt.get_unverified_header(asked["token"])["kid"]]
        claims = jwt.decode(
            asked["token"],
            key,
            algorithms=[key.algorithm_name],
            issuer=asked["issuer"],
            audience=asked["audience"],
            options={"require": ["exp", "iat", "sub"]},
        )
    except (jwt.PyJWTError, KeyError) as refused:
        return {"error": type(refused).__name__}
    return {"claims": claims}


json.dump(verify(json.load(sys.stdin)), sys.stdout)
