package io.millrace.flink;

import java.util.HashMap;
import java.util.Map;
import org.apache.flink.api.common.accumulators.LongCounter;
import org.apache.flink.api.common.functions.RuntimeContext;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.JsonNode;

/**
 * Ledgers as accumulators, where the program that submitted the job reads them: {@code
 * ledger/<source|operator>/<uid>/<counter>}. Each subtask shows its totals, so what was counted
 * before a restart is in them too.
 */
final class LedgerCounters {
  private final RuntimeContext context;
  private final Map<String, LongCounter> counters = new HashMap<>();

  LedgerCounters(RuntimeContext context) {
    this.context = context;
  }

  /**
   * @param role source or operator
   */
  void show(String role, String uid, JsonNode ledger) {
    ledger
        .fields()
        .forEachRemaining(
            count ->
                show(
                    "ledger/" + role + "/" + uid + "/" + count.getKey(),
                    count.getValue().asLong()));
  }

  private void show(String name, long total) {
    LongCounter counter = counters.get(name);
    if (counter == null) {
      counter = new LongCounter();
      counters.put(name, counter);
      context.addAccumulator(name, counter);
    }
    counter.resetLocal();
    counter.add(total);
  }
}
