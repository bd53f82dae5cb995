/* SPDX-License-Identifier: MIT */
/* The compiler's own <limits.h> insists on libc's. */
#ifndef IMAGE_SHIM_LIMITS_H
#define IMAGE_SHIM_LIMITS_H

#define CHAR_BIT  8
#define UCHAR_MAX (__SCHAR_MAX__ * 2 + 1)
#define USHRT_MAX (__SHRT_MAX__ * 2 + 1)
#define INT_MAX	  __INT_MAX__
#define UINT_MAX  (__INT_MAX__ * 2U + 1)
#define LONG_MAX  __LONG_MAX__
#define ULONG_MAX (__LONG_MAX__ * 2UL + 1)

#endif
