"""Blocks a pair of hosts, shows an error with its path, reads the flows back and opens a controller's channel.

    PYTHONPATH=FOLDER python3 block.py unix:/run/heddle/switch.sock br0
"""

import sys
import threading

import grpc
from google.rpc import error_details_pb2
from heddle.v1 import flow_pb2, switch_pb2, switch_pb2_grpc

target, bridge = sys.argv[1:]
switch = switch_pb2_grpc.SwitchStub(grpc.insecure_channel(target))

# A flow in ovs-ofctl's syntax, and one in structured form that lacks what tcp_dst needs.
block = flow_pb2.Flow(text="priority=500,ip,nw_src=10.0.0.1,nw_dst=10.0.0.2,actions=drop")
wrong = flow_pb2.Flow(match=flow_pb2.Match(fields=[flow_pb2.FieldMatch(field="tcp_dst", number=80)]))
answer = switch.Write(switch_pb2.WriteRequest(bridge=bridge, updates=[
    switch_pb2.Update(type=switch_pb2.Update.UPSERT, flow=block),
    switch_pb2.Update(type=switch_pb2.Update.INSERT, flow=wrong),
]))
for error in answer.errors:
    for detail in error.status.details:
        if detail.Is(error_details_pb2.BadRequest.DESCRIPTOR):
            bad = error_details_pb2.BadRequest()
            detail.Unpack(bad)
            print(f"refused {bad.field_violations[0].field}: {error.status.message}")

# Every flow for IPv4, with its counters.
request = switch_pb2.ReadRequest(bridge=bridge, with_text=True)
request.queries.add().flows.text = "ip"
for response in switch.Read(request):
    for entity in response.entities:
        print(f"flow {entity.flow.flow.text} packets={entity.flow.packet_count}")


enough = threading.Event()


def requests():
    """Opens the bridge and allows ten packets; more Credit would allow more. The channel lasts as long as this generator."""
    yield switch_pb2.ChannelRequest(open=switch_pb2.Open(bridge=bridge, initial_credit=10))
    enough.wait()


for event in switch.Channel(requests()):
    kind = event.WhichOneof("kind")
    if kind == "port_status":
        print(f"port {event.port_status.port.name}")
        break
    if kind == "mastership":
        print(f"opened {event.mastership.bridge} with datapath id {event.mastership.datapath_id}")
enough.set()
