# What a pod of deploy/overlays/least-privilege has, and nothing else: a root of the binary, its libraries and the
# configuration that cannot be written, /proc, /sys, three capabilities. sys_chroot is there to get into that root.
set -eu
root=$1 tlsmon=$2 configuration=$3
mkdir -p "$root/proc" "$root/sys" "$root/etc/tlsmon"
cp "$tlsmon" "$root/tlsmon"
cp "$configuration" "$root/etc/tlsmon/tlsmon.toml"
for library in $(ldd "$tlsmon" | grep -o '/[^ ]*'); do
    mkdir -p "$root$(dirname "$library")"
    cp -L "$library" "$root$library"
done
mount --make-rprivate /
mount --bind "$root" "$root"
mount -o remount,bind,ro "$root"
mount -t proc proc /proc
mount -t proc proc "$root/proc"
mount --rbind /sys "$root/sys"
ip link set lo up
ip link add uplink type veth peer name far
ip addr add 192.0.2.1/24 dev uplink
ip link set uplink up
ip link set far up
ip route add default via 192.0.2.2
export TLSMON_CONFIG=/etc/tlsmon/tlsmon.toml TLSMON_NODE=node TLSMON_LISTEN=127.0.0.1:9469
capabilities=-all,+bpf,+net_admin,+perfmon,+sys_chroot
setpriv --bounding-set "$capabilities" --inh-caps=-all --no-new-privs chroot "$root" /tlsmon run &
agent=$!
# The status of one path, as soon as it is 200; ten seconds at most.
ask() {
    tries=50
    while :; do
        code=$(curl --silent --output /dev/null --write-out '%{http_code}' "http://127.0.0.1:9469/$1" || true)
        tries=$((tries - 1))
        if [ "$code" = 200 ] || [ "$tries" = 0 ]; then break; fi
        sleep 0.2
    done
    echo "$code"
}
echo "readyz $(ask readyz)"
echo "healthz $(ask healthz)"
echo "capabilities $(grep CapEff "/proc/$agent/status" | cut -f 2)"
curl --silent http://127.0.0.1:9469/metrics | grep '^tlsmon_interfaces'
kill -TERM "$agent"
status=0
wait "$agent" || status=$?
echo "ended $status"
