#!/bin/sh
# Generates a Python client of Heddle's gRPC API into FOLDER.
#
#   docs/examples/python/generate.sh FOLDER
#
# Needs protoc and the plugin for Python: Debian's protobuf-compiler and protobuf-compiler-grpc, or the same from grpcio-tools. The
# standard messages that the API imports (google/rpc, google/protobuf) are taken out of the product's own jars.
set -eu
folder=${1:?usage: generate.sh FOLDER}
root=$(cd "$(dirname "$0")/../../.." && pwd)
lib=${HEDDLE_LIB:-$root/cli/target/dist/lib}
mkdir -p "$folder/protos"
cp -r "$root/proto/src/main/proto/heddle" "$folder/protos/"
python3 - "$lib" "$folder/protos" <<'PYTHON'
import glob, sys, zipfile
lib, target = sys.argv[1:]
wanted = ["google/rpc/status.proto", "google/rpc/error_details.proto",
          "google/protobuf/any.proto", "google/protobuf/duration.proto", "google/protobuf/timestamp.proto"]
for jar in glob.glob(lib + "/proto-google-common-protos-*.jar") + glob.glob(lib + "/protobuf-java-[0-9]*.jar"):
    with zipfile.ZipFile(jar) as archive:
        archive.extractall(target, [name for name in archive.namelist() if name in wanted])
PYTHON
protoc -I "$folder/protos" --python_out="$folder" --grpc_out="$folder" \
  --plugin=protoc-gen-grpc="$(command -v grpc_python_plugin)" \
  "$folder"/protos/heddle/v1/*.proto "$folder/protos/google/rpc/status.proto" "$folder/protos/google/rpc/error_details.proto"
