/* SPDX-License-Identifier: MIT */
/* One suite of CUnit tests as a program: a line PASS or FAIL for each. */
#ifndef UNIT_H
#define UNIT_H

#include <CUnit/Basic.h>
#include <stdio.h>

static void unit_report(const CU_pTest test, const CU_pSuite suite,
			const CU_pFailureRecord failure)
{
	(void)suite;
	if (!failure)
		printf("PASS %s\n", test->pName);
	else
		printf("FAIL %s (%s:%u: %s)\n", test->pName,
		       failure->strFileName, failure->uiLineNumber,
		       failure->strCondition);
	fflush(stdout);
}

/* setup and teardown run around each test. The program's exit status. */
static int unit_main(const char *name, CU_TestInfo *tests, CU_SetUpFunc setup,
		     CU_TearDownFunc teardown)
{
	CU_SuiteInfo suites[] = {
		{ name, NULL, NULL, setup, teardown, tests },
		CU_SUITE_INFO_NULL,
	};
	unsigned int failed;

	if (CU_initialize_registry() || CU_register_suites(suites))
		return 2;
	CU_set_test_complete_handler(unit_report);
	if (CU_run_all_tests())
		return 2;
	failed = CU_get_number_of_tests_failed();
	CU_cleanup_registry();
	return failed != 0;
}

#define TEST(fn)        \
	{               \
#fn, fn \
	}

#endif
