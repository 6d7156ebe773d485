"""The registry: one line per stand-in."""

from sandbox.standins.connectwise.vendor import ConnectWise
from sandbox.standins.faults import Faults
from sandbox.standins.protocol import Vendor
from sandbox.standins.state import State
from sandbox.standins.vendor_exchange import Exchange
from sandbox.standins.vendor_graph import Graph
from sandbox.standins.vendor_login import Login
from sandbox.standins.vendor_names import Names
from sandbox.standins.vendor_partnercenter import PartnerCenter
from sandbox.standins.vendor_sendgrid import SendGrid


def make_vendors(state: State, faults: Faults) -> list[Vendor]:
    return [
        Login(state),
        Graph(state, faults),
        PartnerCenter(state),
        Exchange(state),
        ConnectWise(state),
        Names(),
        SendGrid(state),
    ]
