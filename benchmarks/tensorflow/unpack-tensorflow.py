"""Unpacks from a TensorFlow wheel what an addon in C++ needs: the library with its C interface, and the headers of that interface.

usage: python3 unpack-tensorflow.py WHEEL FOLDER     (writes FOLDER/lib and FOLDER/include)
"""

import pathlib
import shutil
import sys
import zipfile

LIBRARIES = ("libtensorflow_cc.so.2", "libtensorflow_framework.so.2")
# tensorflow/c includes headers of the other three.
HEADERS = ("tensorflow/c/", "tensorflow/core/platform/", "tsl/platform/", "xla/tsl/c/")
INCLUDE = "tensorflow/include/"

wheel, folder = sys.argv[1], pathlib.Path(sys.argv[2])
found = set()
with zipfile.ZipFile(wheel) as archive:
    for member in archive.namelist():
        name = member.rsplit("/", 1)[-1]
        if name in LIBRARIES:
            target = folder / "lib" / name
            found.add(name)
        elif member.startswith(INCLUDE) and member.removeprefix(INCLUDE).startswith(HEADERS) and name.endswith(".h"):
            target = folder / "include" / member.removeprefix(INCLUDE)
        else:
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        with archive.open(member) as source, open(target, "wb") as destination:
            shutil.copyfileobj(source, destination)
if len(found) < len(LIBRARIES):
    sys.exit(f"{wheel}: expected {', '.join(LIBRARIES)}, received {', '.join(sorted(found)) or 'none of them'}")
