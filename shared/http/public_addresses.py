"""Connections to public addresses only: a name that somebody typed must not lead into our own network."""

import socket
from ipaddress import ip_address
from typing import Any

from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPSConnection
from urllib3.connectionpool import HTTPSConnectionPool
from urllib3.exceptions import NewConnectionError


class _PublicConnection(HTTPSConnection):
    def _new_conn(self) -> socket.socket:
        """Looked at once it is connected: whatever the name resolved to, this is where the bytes would go."""
        connected = super()._new_conn()
        peer = str(connected.getpeername()[0]).partition("%")[0]
        if not ip_address(peer).is_global:
            connected.close()
            raise NewConnectionError(self, "the name leads to an address that is not public")
        return connected


class _PublicPool(HTTPSConnectionPool):
    ConnectionCls = _PublicConnection


class PublicAdapter(HTTPAdapter):
    """As requests' own adapter, for https to public addresses; nothing is sent to any other."""

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = {"https": _PublicPool}
