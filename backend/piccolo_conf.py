"""Where Piccolo finds the one engine and the one application of this code base."""

from piccolo.conf.apps import AppRegistry

from backend.kit.db import DB

APP_REGISTRY = AppRegistry(apps=["backend.piccolo_app"])

__all__ = ["APP_REGISTRY", "DB"]
