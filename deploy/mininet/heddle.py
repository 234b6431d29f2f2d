"""Heddle as Mininet's switch.

On the command line, as root:

    mn --custom deploy/mininet/heddle.py --switch heddle --topo tree,2

In a script:

    from mininet.net import Mininet
    from mininet.topo import SingleSwitchTopo
    from heddle import HeddleSwitch                 # PYTHONPATH=deploy/mininet
    net = Mininet(SingleSwitchTopo(2), switch=HeddleSwitch)

All switches of a network are bridges of one process, which runs in the namespace that Mininet runs in, so the names of
switches must differ from those of another network there. HEDDLE names the launcher, else it is the one beside this
file, else the one on the PATH.
"""

import json
import os
import shutil
import signal
import subprocess
import tempfile
import time

from mininet.log import error, info
from mininet.node import Switch
from mininet.util import quietRun

HERE = os.path.dirname(os.path.abspath(__file__))
PATIENCE = 60  # seconds that the process may take to do what it was told


def launcher():
    """Path of ./heddle."""
    beside = os.path.join(HERE, '..', '..', 'heddle')
    return os.environ.get('HEDDLE') or (os.path.normpath(beside) if os.path.exists(beside)
                                        else shutil.which('heddle') or 'heddle')


class HeddleProcess:
    """The process whose bridges are a network's switches: it runs as long as there is one."""

    def __init__(self):
        self.bridges = {}
        self.folder = None
        self.process = None

    def path(self, name):
        return os.path.join(self.folder, name)

    def put(self, bridge):
        """Adds a bridge and waits until it listens."""
        if self.folder is None:
            self.folder = tempfile.mkdtemp(prefix='heddle-mininet-')
        bridge['listen'].append('punix:' + self.path(bridge['name'] + '.mgmt'))
        self.bridges[bridge['name']] = bridge
        self.apply()
        self.wait(lambda: os.path.exists(self.path(bridge['name'] + '.mgmt')), bridge['name'])

    def remove(self, name):
        """Removes a bridge, and with the last one the process."""
        if self.bridges.pop(name, None) is None:
            return
        if self.bridges:
            self.apply()
            self.wait(lambda: not os.path.exists(self.path(name + '.mgmt')), name)
        else:
            self.end()

    def apply(self):
        config = {
            'switch': {
                'grpc': {'listen': ['unix:' + self.path('switch.sock')]},
                'metrics': {'listen': 'off'},
                'state': self.path('state'),
            },
            'bridges': list(self.bridges.values()),
        }
        with open(self.path('new.yaml'), 'w') as out:
            json.dump(config, out, indent=1)  # which is YAML
        os.rename(self.path('new.yaml'), self.path('switch.yaml'))
        if self.process is None:
            with open(self.path('log'), 'w') as log:
                self.process = subprocess.Popen(
                    [launcher(), 'switch', '--config', self.path('switch.yaml')],
                    stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT, start_new_session=True)
            self.wait(lambda: 'heddle-switch: ready' in self.log(), 'the process')
        else:
            self.process.send_signal(signal.SIGHUP)

    def log(self):
        with open(self.path('log')) as log:
            return log.read()

    def wait(self, is_done, what):
        deadline = time.monotonic() + PATIENCE
        while not is_done():
            if self.process.poll() is not None or time.monotonic() > deadline:
                said = self.log()
                self.end()
                raise RuntimeError('heddle: %s is not as it should be; it said:\n%s' % (what, said))
            time.sleep(0.02)

    def end(self):
        if self.process is not None:
            self.process.terminate()
            try:
                self.process.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                error('heddle: killing a process that does not stop\n')
                self.process.kill()
                self.process.wait()
        if self.folder is not None:
            shutil.rmtree(self.folder, ignore_errors=True)
        self.__init__()


class HeddleSwitch(Switch):
    """A bridge of Heddle.

    failMode: what it does without a controller: 'secure' (nothing) or 'standalone' (learns); protocols: versions of
    OpenFlow, such as 'OpenFlow13', several with commas.
    """

    heddle = HeddleProcess()

    def __init__(self, name, failMode='secure', protocols=None, **params):
        Switch.__init__(self, name, **params)
        self.failMode = failMode
        self.protocols = protocols
        self.started = False

    @classmethod
    def setup(cls):
        """Builds Heddle now if that is needed, so that no switch waits for it."""
        info(subprocess.run([launcher(), '--version'], stdout=subprocess.PIPE, universal_newlines=True,
                            check=True).stdout)

    def start(self, controllers):
        bridge = {
            'name': self.name,
            'datapath-id': self.dpid,
            'fail-mode': self.failMode,
            'controllers': ['tcp:%s:%d' % (each.IP(), each.port) for each in controllers],
            'listen': ['ptcp:%d' % self.listenPort] if self.listenPort else [],
            'ports': [self.portOf(intf) for intf in self.intfList() if intf.name != 'lo' and not self.isLocal(intf)],
        }
        if self.protocols:
            bridge['protocols'] = self.protocols.split(',')
        self.heddle.put(bridge)
        self.started = True

    def isLocal(self, intf):
        return self.intfs.get(0) is intf and intf.name == self.name

    def portOf(self, intf):
        return {'name': intf.name, 'number': self.ports[intf], 'type': 'system'}

    def attach(self, intf):
        """Adds a port to a running switch."""
        bridge = self.heddle.bridges[self.name]
        bridge['ports'].append(self.portOf(self.nameToIntf.get(intf, intf)))
        self.heddle.apply()

    def detach(self, intf):
        """Takes a port from a running switch."""
        bridge = self.heddle.bridges[self.name]
        bridge['ports'] = [port for port in bridge['ports'] if port['name'] != str(intf)]
        self.heddle.apply()

    def connected(self):
        """Is a controller connected? Bridges without controllers count as such."""
        told = quietRun('%s bridge list --output json --target unix:%s' % (launcher(), self.heddle.path('switch.sock')))
        for bridge in json.loads(told):
            if bridge['name'] == self.name:
                wanted = self.heddle.bridges[self.name]['controllers']
                return not wanted or any(each.get('connected') for each in bridge.get('controllers', []))
        return False

    def dpctl(self, *args):
        """Runs an ovs-ofctl command on the switch: dump-flows, show, add-flow ..."""
        return self.cmd('ovs-ofctl -O OpenFlow13', args[0], 'unix:' + self.heddle.path(self.name + '.mgmt'), *args[1:])

    def stop(self, deleteIntfs=True):
        if self.started:
            self.started = False
            self.heddle.remove(self.name)
        super(HeddleSwitch, self).stop(deleteIntfs)


switches = {'heddle': HeddleSwitch}
