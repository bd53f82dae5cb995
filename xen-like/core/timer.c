/* SPDX-License-Identifier: MIT */
/*
 * Timers: a pairing heap per CPU, linked through the timers themselves.
 *
 * heap.lock guards the links, armed and when of the timers in it. A timer
 * that is not armed is moved to another CPU under the lock of the heap that
 * it names, so whoever wants it locks that heap and looks again.
 */
#include "timer.h"
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

/* Take t out, if it is in. */
static void heap_remove(struct heap *h, struct timer *t)
{
	if (!t->armed)
		return;
	t->armed = false;
	*t->link = t->next; /* the root's is h->root, it has no next */
	if (t->next)
		t->next->link = t->link;
	set_root(h, meld(h->root, meld_children(t)));
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
	if (first && first->when <= now_ns())
		softirq_raise(cpu_id(), SOFTIRQ_TIMER);
	else
		arch_set_deadline(first ? first->when : 0);
}

void timer_set(struct timer *t, uint64_t when)
{
	struct heap *h;

	for (;;) {
		h = lock_heap(t);
		heap_remove(h, t);
		if (t->cpu == cpu_id())
			break;
		store_release(&t->cpu, cpu_id());
		lock_drop(&h->lock);
	}
	t->when = when;
	t->child = t->next = NULL;
	t->armed = true;
	set_root(h, meld(h->root, t));
	if (h->root == t)
		set_deadline(t);
	lock_drop(&h->lock);
}

void timer_stop(struct timer *t)
{
	bool again;

	/* What ran may have armed it anew: then once more. */
	do {
		struct heap *h = lock_heap(t);

		heap_remove(h, t);
		lock_drop(&h->lock);
		again = false;
		for (unsigned int cpu = 0; cpu < MAX_CPUS; cpu++)
			while (cpu != cpu_id() &&
			       load_acquire(&heaps[cpu].running) == t) {
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
