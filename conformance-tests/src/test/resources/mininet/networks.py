"""Mininet networks with Heddle as the switch. Prints a line for each that it has tried.

Arguments: the address of an OpenFlow controller that listens in this namespace, HOST:PORT.
"""

import sys
from functools import partial

from mininet.log import setLogLevel
from mininet.net import Mininet
from mininet.node import OVSController, RemoteController
from mininet.topo import SingleSwitchTopo
from mininet.topolib import TreeTopo

from heddle import HeddleSwitch


def run(title, topo, switch=HeddleSwitch, **options):
    net = Mininet(topo, switch=switch, autoSetMacs=True, **options)
    net.start()
    try:
        connected = net.waitConnected(30)
        print('%s: connected %s, lost %g %%' % (title, connected, net.pingAll()))
        if title == 'tree':
            switch = net.get('s1')
            host = net.addHost('h9', ip='10.0.0.9/8')
            link = net.addLink(host, switch)
            host.configDefault()
            switch.attach(link.intf2)
            print('attached: lost %g %%' % net.ping([net.get('h1'), host]))
            print(switch.dpctl('dump-ports-desc'))
    finally:
        net.stop()


setLogLevel('warning')
host, port = sys.argv[1].split(':')
run('alone', SingleSwitchTopo(2), switch=partial(HeddleSwitch, failMode='standalone'), controller=None)
run('tree', TreeTopo(2, 2), controller=partial(RemoteController, ip=host, port=int(port)))
run('testcontroller', TreeTopo(2, 2), controller=partial(OVSController, port=6655))
