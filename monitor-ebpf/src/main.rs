//! The kernel programs: they look at each packet with the sift of `monitor-common`, send what matters, and always
//! leave the packet to whoever comes next.
#![no_std]
#![no_main]

mod emit;
mod log;
mod maps;
mod skb;

use aya_ebpf::bindings::TC_ACT_UNSPEC;
use aya_ebpf::macros::classifier;
use aya_ebpf::programs::TcContext;
use monitor_common::sift::{Hook, Link, sift};

use emit::Ring;
use maps::{KernelFlows, KernelSettings, switched_on};
use skb::Skb;

/// Ingress of an Ethernet device.
#[classifier]
#[inline(always)]
pub fn tlsmon_in(ctx: TcContext) -> i32 {
    look(ctx, false, Link::Ethernet)
}

/// Egress of an Ethernet device.
#[classifier]
#[inline(always)]
pub fn tlsmon_out(ctx: TcContext) -> i32 {
    look(ctx, true, Link::Ethernet)
}

/// Ingress of a device whose packets begin with the IP header.
#[classifier]
#[inline(always)]
pub fn tlsmon_in_l3(ctx: TcContext) -> i32 {
    look(ctx, false, Link::Ip)
}

/// Egress of a device whose packets begin with the IP header.
#[classifier]
#[inline(always)]
pub fn tlsmon_out_l3(ctx: TcContext) -> i32 {
    look(ctx, true, Link::Ip)
}

/// What any program costs, for the benchmark to subtract.
#[classifier]
#[inline(always)]
pub fn tlsmon_empty(_ctx: TcContext) -> i32 {
    TC_ACT_UNSPEC
}

/// "Unspecified" is the one answer after which the packet goes on to every other program as if this one were not there.
#[inline(always)]
fn look(ctx: TcContext, egress: bool, link: Link) -> i32 {
    if switched_on() {
        let packet = Skb::new(&ctx);
        let hook = Hook {
            interface: packet.interface(),
            egress,
            link,
        };
        let mut ring = Ring::new();
        sift(&packet, &KernelSettings, &mut KernelFlows, &mut ring, hook);
        if let Some(trouble) = ring.trouble() {
            log::tell(&ctx, trouble);
        }
    }
    TC_ACT_UNSPEC
}

#[cfg(not(test))]
#[panic_handler]
fn panic(_info: &core::panic::PanicInfo<'_>) -> ! {
    loop {}
}

/// The kernel lends its helpers only to programs under the GPL.
#[unsafe(link_section = "license")]
#[unsafe(no_mangle)]
static LICENSE: [u8; 13] = *b"Dual MIT/GPL\0";
