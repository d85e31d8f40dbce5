#!/bin/busybox sh
# PID 1 of the test VM: the kernel talks on ttyS0, the command on ttyS1.
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
stty -F /dev/ttyS1 raw -echo
sh /command </dev/null >/dev/ttyS1 2>&1
echo "exit status $?" >/dev/ttyS1
sync
poweroff -f
