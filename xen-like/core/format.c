/* SPDX-License-Identifier: MIT */
/* Text from numbers: the small printf of the hypervisor. */
#include "print.h"

struct out {
	char *buf;
	size_t size, len;
};

/* How one conversion is laid out. */
struct spec {
	bool zero, is_long;
	unsigned int width;
	int most; /* characters of a string, -1: all */
};

static void put(struct out *o, char c)
{
	if (o->len + 1 < o->size)
		o->buf[o->len] = c;
	o->len++;
}

/* sign goes before zeros but after blanks. */
static void put_field(struct out *o, const struct spec *s, const char *sign,
		      const char *text, size_t len)
{
	size_t all = len + (*sign != 0) + (sign[0] && sign[1]);
	size_t fill = s->width > all ? s->width - all : 0;

	for (; fill && !s->zero; fill--)
		put(o, ' ');
	while (*sign)
		put(o, *sign++);
	for (; fill; fill--)
		put(o, '0');
	while (len--)
		put(o, *text++);
}

static void put_number(struct out *o, const struct spec *s, const char *sign,
		       uint64_t n, unsigned int base)
{
	char text[20], *p = text + sizeof(text);

	do {
		*--p = "0123456789abcdef"[n % base];
		n /= base;
	} while (n);
	put_field(o, s, sign, p, (size_t)(text + sizeof(text) - p));
}

static void put_string(struct out *o, struct spec *s, const char *text)
{
	size_t len = 0;

	if (!text)
		text = "(null)";
	while ((s->most < 0 || len < (size_t)s->most) && text[len])
		len++;
	s->zero = false;
	put_field(o, s, "", text, len);
}

static const char *parse_spec(const char *f, struct spec *s, va_list *ap)
{
	*s = (struct spec){ .zero = *f == '0', .most = -1 };
	for (; *f >= '0' && *f <= '9'; f++)
		s->width = s->width * 10 + (unsigned int)(*f - '0');
	if (f[0] == '.' && f[1] == '*') {
		s->most = va_arg(*ap, int);
		f += 2;
	}
	s->is_long = *f == 'l';
	return f + s->is_long;
}

static void convert(struct out *o, char c, struct spec *s, va_list *ap)
{
	uint64_t n;
	int64_t i;
	char ch;

	switch (c) {
	case 'd':
		i = s->is_long ? va_arg(*ap, long) : va_arg(*ap, int);
		n = i < 0 ? -(uint64_t)i : (uint64_t)i;
		put_number(o, s, i < 0 ? "-" : "", n, 10);
		break;
	case 'u':
	case 'x':
		n = s->is_long ? va_arg(*ap, unsigned long)
			       : va_arg(*ap, unsigned int);
		put_number(o, s, "", n, c == 'u' ? 10 : 16);
		break;
	case 'p':
		put_number(o, s, "0x", (uint64_t)va_arg(*ap, void *), 16);
		break;
	case 's':
		put_string(o, s, va_arg(*ap, const char *));
		break;
	case 'c':
		ch = (char)va_arg(*ap, int);
		s->zero = false;
		put_field(o, s, "", &ch, 1);
		break;
	default: /* '%', and what we do not know shows itself */
		put(o, c);
	}
}

int vformat(char *buf, size_t size, const char *fmt, va_list ap)
{
	struct out o = { buf, size, 0 };
	struct spec s;
	va_list args;

	va_copy(args, ap);
	for (; *fmt; fmt++) {
		if (*fmt != '%') {
			put(&o, *fmt);
			continue;
		}
		fmt = parse_spec(fmt + 1, &s, &args);
		if (!*fmt)
			break;
		convert(&o, *fmt, &s, &args);
	}
	va_end(args);
	if (size)
		buf[MIN(o.len, size - 1)] = 0;
	return (int)o.len;
}
