"""The registry: one line per stand-in."""

from sandbox.standins.faults import Faults
from sandbox.standins.protocol import Vendor
from sandbox.standins.state import State
from sandbox.standins.vendors.autotask.api import Autotask
from sandbox.standins.vendors.connectwise.api import ConnectWise
from sandbox.standins.vendors.exchange import Exchange
from sandbox.standins.vendors.graph import Graph
from sandbox.standins.vendors.halo.api import Halo
from sandbox.standins.vendors.login import Login
from sandbox.standins.vendors.partner_center import PartnerCenter
from sandbox.standins.vendors.product_names import Names
from sandbox.standins.vendors.sendgrid import SendGrid


def make_vendors(state: State, faults: Faults) -> list[Vendor]:
    return [
        Login(state),
        Graph(state, faults),
        PartnerCenter(state),
        Exchange(state),
        ConnectWise(state),
        Autotask(state),
        Halo(state),
        Names(),
        SendGrid(state),
    ]
