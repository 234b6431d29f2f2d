#!/bin/bash
# Makes base images without a registry, from what this machine has: a jlinked runtime, glibc, a static busybox, Prometheus.
#   base-image.sh FOLDER JAVA_HOME   images hd-base (Java 25, a shell) and hd-prometheus
set -euo pipefail
java_home=$2 root=$1/rootfs

# copy_libraries FILE...: the shared libraries that they need, at the paths where the loader looks.
copy_libraries() {
  local library
  for library in $(ldd "$@" 2>/dev/null | grep -oE '/[^ )]+' | grep -vE ':$' | sort -u); do
    [[ $library == "$java_home"* || -e $root$library ]] || install -D "$library" "$root$library"
  done
}

mkdir -p "$root"/{bin,etc,tmp,usr/local/bin,proc,sys,dev,run,prometheus}
chmod 1777 "$root/tmp"
printf 'root:x:0:0:root:/:/bin/sh\nheddle:x:10001:10001::/:/bin/sh\n' >"$root/etc/passwd"
printf 'hosts: files dns\n' >"$root/etc/nsswitch.conf"
busybox=$(command -v busybox)
cp "$busybox" "$root/bin/busybox"
for applet in sh mkdir chown cat ls wget ip grep; do ln -s busybox "$root/bin/$applet"; done
"$java_home/bin/jlink" --add-modules java.se,jdk.unsupported,jdk.httpserver,jdk.management,jdk.crypto.ec --strip-debug \
  --no-header-files --no-man-pages --output "$root/opt/java"
rm -f "$root/opt/java/lib/"lib{awt,font,freetype,splash,jsound}*.so
ln -s ../opt/java/bin/java "$root/bin/java"
prometheus=$(command -v prometheus)
cp "$prometheus" "$root/bin/prometheus"
copy_libraries "$root/opt/java/bin/java" "$root"/opt/java/lib/*.so "$root"/opt/java/lib/server/*.so "$prometheus"
# Libraries that are opened by name at run time, not linked.
for library in libnss_files.so.2 libnss_dns.so.2 libresolv.so.2 libm.so.6 libgcc_s.so.1; do
  path=$(ldconfig -p | awk -v l="$library" '$1 == l && !found++ {print $NF}')
  [[ -z $path || -e $root$path ]] || install -D "$path" "$root$path"
done
tar -C "$root" -c . | docker import --change 'ENV PATH=/usr/local/bin:/bin' - hd-base
tar -C "$root" -c . | docker import --change 'ENV PATH=/usr/local/bin:/bin' --change 'ENTRYPOINT ["/bin/prometheus"]' - hd-prometheus
rm -rf "$root"
