/* SPDX-License-Identifier: MIT */
/* Text from numbers: the small printf of the hypervisor. */
#include "print.h"

struct out {
	char *buf;
	size_t size, len;
};

/* How one conversion is laid out. */
struct spec {
	bool left, zero, upper;
	unsigned int width;
	int precision; /* -1: none */
	unsigned int longs;
};

static void put(struct out *o, char c)
{
	if (o->len + 1 < o->size)
		o->buf[o->len] = c;
	o->len++;
}

static void pad(struct out *o, char c, size_t n)
{
	while (n--)
		put(o, c);
}

/* sign goes before zeros but after blanks. */
static void put_field(struct out *o, const struct spec *s, const char *sign,
		      const char *text, size_t len)
{
	size_t all = len + (*sign != 0) + (sign[0] && sign[1]);
	size_t fill = s->width > all ? s->width - all : 0;

	if (!s->left && !s->zero)
		pad(o, ' ', fill);
	while (*sign)
		put(o, *sign++);
	if (!s->left && s->zero)
		pad(o, '0', fill);
	while (len--)
		put(o, *text++);
	if (s->left)
		pad(o, ' ', fill);
}

static void put_number(struct out *o, const struct spec *s, const char *sign,
		       uint64_t n, unsigned int base)
{
	const char *digits = s->upper ? "0123456789ABCDEF" : "0123456789abcdef";
	char text[20], *p = text + sizeof(text);

	do {
		*--p = digits[n % base];
		n /= base;
	} while (n);
	put_field(o, s, sign, p, (size_t)(text + sizeof(text) - p));
}

static void put_string(struct out *o, struct spec *s, const char *text)
{
	size_t len = 0;

	if (!text)
		text = "(null)";
	while ((s->precision < 0 || len < (size_t)s->precision) && text[len])
		len++;
	s->zero = false;
	put_field(o, s, "", text, len);
}

static const char *parse_number(const char *f, unsigned int *n)
{
	*n = 0;
	while (*f >= '0' && *f <= '9')
		*n = *n * 10 + (unsigned int)(*f++ - '0');
	return f;
}

static const char *parse_spec(const char *f, struct spec *s, va_list *ap)
{
	unsigned int n;

	*s = (struct spec){ .precision = -1 };
	for (;; f++) {
		if (*f == '-')
			s->left = true;
		else if (*f == '0')
			s->zero = true;
		else
			break;
	}
	f = parse_number(f, &s->width);
	if (f[0] == '.' && f[1] == '*') {
		s->precision = va_arg(*ap, int);
		f += 2;
	} else if (*f == '.') {
		f = parse_number(f + 1, &n);
		s->precision = (int)n;
	}
	while (*f == 'l' || *f == 'z') {
		s->longs++;
		f++;
	}
	return f;
}

static void convert(struct out *o, char c, struct spec *s, va_list *ap)
{
	uint64_t n;
	int64_t i;
	char ch;

	switch (c) {
	case 'd':
	case 'i':
		i = s->longs ? va_arg(*ap, long) : va_arg(*ap, int);
		n = i < 0 ? -(uint64_t)i : (uint64_t)i;
		put_number(o, s, i < 0 ? "-" : "", n, 10);
		break;
	case 'X':
		s->upper = true;
		/* fall through */
	case 'u':
	case 'x':
		n = s->longs ? va_arg(*ap, unsigned long)
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

int format(char *buf, size_t size, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vformat(buf, size, fmt, ap);
	va_end(ap);
	return n;
}
