// SPDX-License-Identifier: MIT
/*
 * Event channels by the two-level interface.
 */
#include "hypercall.h"
#include "event.h"
#include "start.h"
#include "vcpu.h"

static event_fn *handler[EVENT_PORTS];
static volatile unsigned int count[EVENT_PORTS];
volatile unsigned int event_upcalls;
bool event_one_upcall;

#define RFLAGS_IF 0x200

#define PENDING ((volatile uint64_t *)shared_info->evtchn_pending)
#define MASK	((volatile uint64_t *)shared_info->evtchn_mask)

static void set_bit(volatile uint64_t *map, unsigned int bit)
{
	asm volatile("lock btsq %1, %0"
		     : "+m"(map[bit / 64])
		     : "r"(bit % 64ul)
		     : "memory");
}

static void clear_bit(volatile uint64_t *map, unsigned int bit)
{
	asm volatile("lock btrq %1, %0"
		     : "+m"(map[bit / 64])
		     : "r"(bit % 64ul)
		     : "memory");
}

static bool test_bit(volatile uint64_t *map, unsigned int bit)
{
	return map[bit / 64] >> bit % 64 & 1;
}

void event_handle(evtchn_port_t port, event_fn *fn)
{
	handler[port] = fn;
	count[port] = 0;
}

unsigned int event_count(evtchn_port_t port)
{
	return count[port];
}

bool event_pending(evtchn_port_t port)
{
	return test_bit(PENDING, port);
}

bool event_masked(evtchn_port_t port)
{
	return test_bit(MASK, port);
}

void event_clear(evtchn_port_t port)
{
	clear_bit(PENDING, port);
}

void event_mask(evtchn_port_t port)
{
	set_bit(MASK, port);
}

int64_t event_unmask(evtchn_port_t port)
{
	struct evtchn_unmask op = { .port = port };

	return hypercall_event_channel_op(EVTCHNOP_unmask, &op);
}

int64_t event_bind_virq(uint32_t virq, uint32_t vcpu)
{
	struct evtchn_bind_virq op = { .virq = virq, .vcpu = vcpu };
	int64_t rc = hypercall_event_channel_op(EVTCHNOP_bind_virq, &op);

	return rc ? rc : op.port;
}

int64_t event_bind_ipi(uint32_t vcpu)
{
	struct evtchn_bind_ipi op = { .vcpu = vcpu };
	int64_t rc = hypercall_event_channel_op(EVTCHNOP_bind_ipi, &op);

	return rc ? rc : op.port;
}

int64_t event_alloc_unbound(domid_t dom, domid_t remote)
{
	struct evtchn_alloc_unbound op = { .dom = dom, .remote_dom = remote };
	int64_t rc = hypercall_event_channel_op(EVTCHNOP_alloc_unbound, &op);

	return rc ? rc : op.port;
}

int64_t event_bind_interdomain(domid_t remote, evtchn_port_t remote_port)
{
	struct evtchn_bind_interdomain op = {
		.remote_dom = remote,
		.remote_port = remote_port,
	};
	int64_t rc = hypercall_event_channel_op(EVTCHNOP_bind_interdomain, &op);

	return rc ? rc : op.local_port;
}

int64_t event_send(evtchn_port_t port)
{
	struct evtchn_send op = { .port = port };

	return hypercall_event_channel_op(EVTCHNOP_send, &op);
}

int64_t event_close(evtchn_port_t port)
{
	struct evtchn_close op = { .port = port };

	return hypercall_event_channel_op(EVTCHNOP_close, &op);
}

/* The mask first, then the look: an event between them is not lost. */
void upcalls_on(void)
{
	struct vcpu_info *info = vcpu_info();

	*(volatile uint8_t *)&info->evtchn_upcall_mask = 0;
	asm volatile("mfence" : : : "memory");
	if (*(volatile uint8_t *)&info->evtchn_upcall_pending)
		hypercall_xen_version(0, NULL);
}

void upcalls_off(void)
{
	*(volatile uint8_t *)&vcpu_info()->evtchn_upcall_mask = 1;
	asm volatile("" : : : "memory");
}

static void deliver(unsigned int word)
{
	uint64_t ready = PENDING[word] & ~MASK[word];

	while (ready) {
		unsigned int port = word * 64 + __builtin_ctzl(ready);

		ready &= ready - 1;
		clear_bit(PENDING, port);
		count[port]++;
		if (handler[port])
			handler[port](port);
	}
}

/* All that pends now, once. */
static void deliver_all(struct vcpu_info *info)
{
	uint64_t words;

	info->evtchn_upcall_pending = 0;
	words = __atomic_exchange_n(&info->evtchn_pending_sel, 0,
				    __ATOMIC_SEQ_CST);
	while (words) {
		deliver(__builtin_ctzl(words));
		words &= words - 1;
	}
}

static bool pending(const struct vcpu_info *info)
{
	return *(const volatile uint8_t *)&info->evtchn_upcall_pending;
}

void event_poll(void)
{
	struct vcpu_info *info = vcpu_info();

	if (pending(info))
		deliver_all(info);
}

void event_upcall(struct regs *regs)
{
	struct vcpu_info *info = vcpu_info();

	event_upcalls++;
	do
		deliver_all(info);
	while (!event_one_upcall && pending(info));
	if (event_one_upcall)
		regs->rflags &= ~RFLAGS_IF; /* which iret makes the mask */
}
