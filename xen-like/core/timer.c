/* SPDX-License-Identifier: MIT */
/*
 * Timers: a pairing heap per CPU, linked through the timers themselves.
 *
 * heap.lock guards the links, armed and when of the timers in it. A timer
 * that is not armed is moved to another CPU under the lock of the heap that
 * it names, so whoever wants it locks that heap and looks again.
 */
#include "timer.h"
#include "arch.h"
#include "sched.h"

struct heap {
	struct lock lock;
	struct timer *root;
	struct timer *running; /* its function runs on this CPU now */
} __attribute__((aligned(64)));

static struct heap heaps[MAX_CPUS];

/* ---- The heap ------------------------------------------------------------ */

/* Join two trees: the later one becomes the first child of the other. */
static struct timer *meld(struct timer *a, struct timer *b)
{
	if (!a || !b)
		return a ? a : b;
	if (b->when < a->when)
		return meld(b, a);
	b->next = a->child;
	if (b->next)
		b->next->link = &b->next;
	b->link = &a->child;
	a->child = b;
	return a;
}

/* One tree from t's children: in pairs forwards, then all backwards. */
static struct timer *meld_children(struct timer *t)
{
	struct timer *list = t->child, *pairs = NULL, *root = NULL, *a, *b;

	t->child = NULL;
	while ((a = list)) {
		b = a->next;
		list = b ? b->next : NULL;
		a = meld(a, b);
		a->next = pairs;
		pairs = a;
	}
	while ((a = pairs)) {
		pairs = a->next;
		root = meld(root, a);
	}
	return root;
}

static void set_root(struct heap *h, struct timer *t)
{
	h->root = t;
	if (t) {
		t->next = NULL;
		t->link = &h->root;
	}
}

static void heap_insert(struct heap *h, struct timer *t)
{
	t->child = t->next = NULL;
	t->armed = true;
	set_root(h, meld(h->root, t));
}

static void heap_remove(struct heap *h, struct timer *t)
{
	struct timer *below = meld_children(t);

	t->armed = false;
	if (t == h->root) {
		set_root(h, below);
		return;
	}
	*t->link = t->next;
	if (t->next)
		t->next->link = t->link;
	set_root(h, meld(h->root, below));
}

/* ---- Timers --------------------------------------------------------------- */

/* The heap that t belongs to, locked. */
static struct heap *lock_heap(struct timer *t)
{
	for (;;) {
		unsigned int cpu = READ_ONCE(t->cpu);
		struct heap *h = &heaps[cpu];

		lock_take(&h->lock);
		/* Acquire: what was done to t under its last CPU's lock. */
		if (load_acquire(&t->cpu) == cpu)
			return h;
		lock_drop(&h->lock);
	}
}

void timer_init(struct timer *t, void (*fn)(void *), void *arg)
{
	*t = (struct timer){ .fn = fn, .arg = arg, .cpu = cpu_id() };
}

/* Interrupt this CPU for the first timer of its own heap. */
static void set_deadline(const struct timer *first)
{
	if (!first)
		arch_set_deadline(0);
	else if (first->when <= now_ns())
		softirq_raise(cpu_id(), SOFTIRQ_TIMER);
	else
		arch_set_deadline(first->when);
}

void timer_set(struct timer *t, uint64_t when)
{
	struct heap *h = lock_heap(t);

	if (t->armed)
		heap_remove(h, t);
	while (t->cpu != cpu_id()) {
		store_release(&t->cpu, cpu_id());
		lock_drop(&h->lock);
		h = lock_heap(t);
		if (t->armed)
			heap_remove(h, t);
	}
	t->when = when;
	heap_insert(h, t);
	if (h->root == t)
		set_deadline(t);
	lock_drop(&h->lock);
}

/* Does t's function run on a CPU other than this? */
static bool runs_elsewhere(const struct timer *t)
{
	for (unsigned int cpu = 0; cpu < MAX_CPUS; cpu++)
		if (cpu != cpu_id() && load_acquire(&heaps[cpu].running) == t)
			return true;
	return false;
}

void timer_stop(struct timer *t)
{
	bool again;

	/* What ran may have armed it anew: then once more. */
	do {
		struct heap *h = lock_heap(t);

		if (t->armed)
			heap_remove(h, t);
		lock_drop(&h->lock);
		again = false;
		while (runs_elsewhere(t)) {
			again = true;
			cpu_relax_poll();
		}
	} while (again);
}

void timer_run(void)
{
	struct heap *h = &heaps[cpu_id()];
	struct timer *t;

	lock_take(&h->lock);
	while ((t = h->root) && t->when <= now_ns()) {
		heap_remove(h, t);
		/* Before the lock drops: timer_stop() looks after it held it. */
		store_release(&h->running, t);
		lock_drop(&h->lock);
		t->fn(t->arg);
		store_release(&h->running, (struct timer *)NULL);
		lock_take(&h->lock);
	}
	set_deadline(h->root);
	lock_drop(&h->lock);
}
