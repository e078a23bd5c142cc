package io.millrace.flink;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** The pipeline sets a timer a second for each of six records. */
@DisplayName("A timer of processing time")
class TickTest {
  private final Fixture ticks = Fixture.of("ticks");
  private List<HandFedSplits.Round> rounds;

  @BeforeEach
  void read() throws Exception {
    rounds = HandFedSplits.rounds("ticks", 10);
  }

  @Test
  @DisplayName("fires when the clock has come to it, without any record or watermark")
  void fires() throws Exception {
    try (StageTask task = begun()) {
      clockTo(task, 990);
      assertEquals(0, frames(task));
      clockTo(task, 1010);
      assertEquals(1, frames(task));
      clockTo(task, 3010);
      assertEquals(2, frames(task));
    }
  }

  @Test
  @DisplayName("asks for the clock no longer than one is set")
  void noTickWithoutTimer() throws Exception {
    try (StageTask task = begun()) {
      assertEquals(1, ticksSet(task));
      clockTo(task, 6010);
      assertEquals(6, frames(task));
      assertEquals(0, ticksSet(task));
    }
  }

  @Test
  @DisplayName("fires after a restore, too, though no record comes any more")
  void firesAfterRestore() throws Exception {
    StageTask.Restored cut;
    try (StageTask task = begun()) {
      clockTo(task, 2010);
      cut = new StageTask.Restored(task.snapshot(), 1);
    }
    try (StageTask task = new StageTask(ticks, ticks.spec(), ticks.stage("reminders"), 0, cut)) {
      clockTo(task, 6010);
      assertEquals(4, frames(task));
      assertEquals(0, ticksSet(task));
    }
  }

  private StageTask begun() throws Exception {
    StageTask task = new StageTask(ticks, ticks.spec(), "reminders");
    for (var round : rounds) for (var arrival : round.arrivals()) task.frame(arrival.frame());
    return task;
  }

  /** In steps, as a clock goes. */
  private static void clockTo(StageTask task, long time) throws Exception {
    for (long now = task.harness.getProcessingTime() + 10; now <= time; now += 10)
      task.harness.setProcessingTime(now);
  }

  private static long frames(StageTask task) {
    return task.taken().stream().filter(event -> event.tag().equals("1/0")).count();
  }

  private static int ticksSet(StageTask task) {
    return task.harness.getProcessingTimeService().getNumActiveTimers();
  }
}
