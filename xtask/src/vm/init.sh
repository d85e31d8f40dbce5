#!/bin/busybox sh
# PID 1 of the test VM: the kernel talks on its console, the command on the port that the kernel's line names.
/bin/busybox mkdir -p /proc /sys /dev /run/netns /tmp /root /etc /var/log/nginx /sbin /usr/bin /usr/sbin
/bin/busybox --install -s /bin
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs dev /dev
mount -t tmpfs tmpfs /run
mount -t tmpfs tmpfs /tmp
mount -t bpf bpf /sys/fs/bpf
mkdir -p /run/netns
export PATH=/usr/local/bin:/bin HOME=/root RUST_BACKTRACE=1
for module in $(cat /modules); do insmod "$module" 2>/dev/null || echo "cannot load $module" >/dev/kmsg; done
ip link set lo up
said=$(sed 's/.*said=\([^ ]*\).*/\1/' /proc/cmdline)
stty -F "$said" raw -echo
sh /command </dev/null >"$said" 2>&1
echo "exit status $?" >"$said"
sync
poweroff -f
