package io.presage.api.forward;

import static org.assertj.core.api.Assertions.assertThat;

import io.presage.api.Golden;
import org.junit.jupiter.api.Test;

class RetryBudgetTest {
    private static final RetryBudget.Terms TERMS = new RetryBudget.Terms(20, 10, 100);

    @Test
    void savingsAreBounded() {
        var budget = RetryBudget.full(TERMS, 0);
        for (int i = 0; i < 10_000; i++) {
            budget = budget.afterCall(TERMS);
        }
        assertThat(budget.at(TERMS, 3_600_000_000_000L).saved()).isEqualTo(100_000);
    }

    @Test
    void withoutSavings_thereAreNoRetries() {
        var none = new RetryBudget.Terms(0, 0, 0);
        assertThat(RetryBudget.full(none, 0).at(none, 1_000_000_000_000L).affordsRetry())
                .isFalse();
    }

    /// Every call fails from second 3 to 7, at 1,000 calls a second: what reaches the workers stays near 1.2
    /// times the calls, and not twice.
    @Test
    void retry_budget_under_outage() {
        var report = new StringBuilder("second  calls  retries  attempts\n");
        var budget = RetryBudget.full(TERMS, 0);
        for (int second = 0; second < 10; second++) {
            int retries = 0;
            for (int call = 0; call < 1000; call++) {
                budget = budget.afterCall(TERMS);
                boolean fails = second >= 3 && second < 7;
                if (fails) {
                    budget = budget.at(TERMS, second * 1_000_000_000L + call * 1_000_000L);
                    if (budget.affordsRetry()) {
                        budget = budget.afterRetry();
                        retries++;
                    }
                }
            }
            report.append("%6d  %5d  %7d  %8d%n".formatted(second, 1000, retries, 1000 + retries));
        }
        Golden.check("retry_budget_under_outage", report.toString());
    }
}
