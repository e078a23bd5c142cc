package io.millrace.flink;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Collectors;
import org.apache.flink.runtime.execution.SuppressRestartsException;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.JsonNode;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("A guest")
class GuestTest {
  private static final long LONG_AFTER = TimeUnit.HOURS.toNanos(1);
  private static final int MORE = 1;

  /** Made once, by a guest of its own. */
  private static List<Piece> made;

  private final Fixture hard = Fixture.of("hard-records");

  @Test
  @DisplayName("in an endless loop is ended, and still says what it was at")
  void endlessLoop() throws IOException {
    try (Guest guest = working("loop", 1000)) {
      var ended = assertThrows(Guest.ScriptEnded.class, () -> runAll(guest));
      assertEquals("ML_WATCHDOG", ended.code);
      assertEquals(1_600_000_120_000L, underWay(guest).get(3).asLong());
    }
  }

  @Test
  @DisplayName("that fills its heap is ended, and still says what it was at")
  void hoard() throws IOException {
    try (Guest guest = working("hoard", 60_000)) {
      var ended = assertThrows(Guest.ScriptEnded.class, () -> runAll(guest));
      assertEquals("ML_HEAP", ended.code);
      // V8 says so a little before the 96 MB that the job asks for; by itself it takes gigabytes.
      String megabytes = ended.reason.replaceAll("\\D", "");
      assertTrue(Integer.parseInt(megabytes) <= 96, ended.reason);
      assertEquals(1_600_000_120_000L, underWay(guest).get(3).asLong());
    }
  }

  @Test
  @DisplayName("does not suffer from what another one was ended for")
  void othersGoOn() throws IOException {
    try (Guest well = working("throw", 60_000);
        Guest looping = working("loop", 1000)) {
      assertThrows(Guest.ScriptEnded.class, () -> runAll(looping));
      runAll(well);
      JsonNode work = JobSpec.json(well.callString("ledgers")).get("work");
      assertEquals(199, work.get("processed").asInt());
      assertEquals(1, work.get("rejected").asInt());
    }
  }

  @Test
  @DisplayName("whose script returned just as it was ended answers the next call")
  void endedTooLate() throws Exception {
    try (Guest guest = working("throw", 60_000)) {
      for (int trial = 0; trial < 100; trial++) {
        AtomicBoolean enough = new AtomicBoolean();
        Thread ender =
            new Thread(
                () -> {
                  while (!enough.get()) guest.endIfLate(System.nanoTime() + LONG_AFTER);
                });
        ender.start();
        for (int call = 0; call < 50; call++) {
          try {
            guest.callString("ledgers");
          } catch (Guest.ScriptEnded e) {
            // As the trial wants it.
          }
        }
        enough.set(true);
        ender.join();
        assertTrue(guest.callString("ledgers").startsWith("{"), "trial " + trial);
      }
    }
  }

  @Test
  @DisplayName("that throws says so with the code and the words of its error")
  void throwing() throws IOException {
    try (Guest guest = working("throw", 60_000)) {
      byte[] noFrame = {99, 1, 2, 3};
      guest.input(64).putInt(0).putInt(noFrame.length).put(noFrame);
      var error =
          assertThrows(MillraceException.class, () -> guest.callInt("frames", 8 + noFrame.length));
      assertTrue(
          error.getMessage().startsWith("ML_VERSION: a frame has version 99"), error.getMessage());
      // What came whole is untouched by it.
      runAll(guest);
      assertEquals(200, JobSpec.json(guest.callString("ledgers")).get("work").get("in").asInt());
    }
  }

  @Test
  @DisplayName("whose script cannot be loaded says so, and leaves nothing behind")
  void notLoaded() throws Exception {
    JobSpec spec = hard.spec();
    String broken = "var __millrace=(()=>{throw new Error('ML_LOAD: no such thing')})()";
    // It would not load the next time either, so no restart is worth a try.
    var suppressed =
        assertThrows(SuppressRestartsException.class, () -> new Guest(spec, broken, "openSplits"));
    String said = suppressed.getCause().getMessage();
    assertTrue(said.startsWith("ML_LOAD: no such thing"), said);
    String looping = "for(;;);";
    JobSpec hasty = hard.spec(Map.of("watchdogMs", 100));
    assertThrows(Guest.ScriptEnded.class, () -> new Guest(hasty, looping, "openSplits"));
    awaitNoWatchdog();
  }

  @Test
  @DisplayName("leaves no thread behind, nor does the last one's watchdog stay")
  void manyGuests() throws Exception {
    working("throw", 60_000).close();
    awaitNoWatchdog();
    Set<Thread> before = Thread.getAllStackTraces().keySet();
    for (int i = 0; i < 50; i++) working("throw", 60_000).close();
    awaitNoWatchdog();
    Set<Thread> after = new HashSet<>(Thread.getAllStackTraces().keySet());
    after.removeAll(before);
    after.removeIf(
        thread -> !thread.isAlive() || thread.getThreadGroup().getName().equals("system"));
    assertEquals(Set.of(), after.stream().map(Thread::getName).collect(Collectors.toSet()));
  }

  @Test
  @DisplayName("may be closed twice")
  void closedTwice() throws IOException {
    Guest guest = working("throw", 60_000);
    guest.close();
    guest.close();
  }

  /** A guest with stage 0 of the pipeline, all records given to it. */
  private Guest working(String how, int watchdogMs) throws IOException {
    JobSpec spec =
        hard.spec(Map.of("params", "{\"how\":\"" + how + "\"}", "watchdogMs", watchdogMs));
    // First, since the first V8 of a process takes its time, and the watchdog of some is strict.
    List<Piece> frames = frames();
    Guest guest = new Guest(spec, hard.bundle(), "openStage", 0, 0, "[]");
    for (Piece frame : frames) {
      guest.input(8 + frame.bytes.length).putInt(0).putInt(frame.bytes.length).put(frame.bytes);
      guest.answer("frames", 8 + frame.bytes.length);
    }
    guest.callVoid("advance", 9007199254740991.0);
    return guest;
  }

  private static List<Piece> frames() throws IOException {
    if (made != null) return made;
    List<Piece> frames = new ArrayList<>();
    for (var round : HandFedSplits.rounds("hard-records", 50))
      for (var arrival : round.arrivals()) frames.add(arrival.frame());
    made = frames;
    return made;
  }

  private static void runAll(Guest guest) {
    while ((guest.answer("run", 64).getInt(0) & MORE) != 0) {}
  }

  private static JsonNode underWay(Guest guest) throws IOException {
    return JobSpec.json(guest.callString("underWay"));
  }

  /** The watchdog looks around every 50 ms, and ends when there is nobody to watch. */
  private static void awaitNoWatchdog() throws InterruptedException {
    for (Thread thread : Thread.getAllStackTraces().keySet()) {
      if (!thread.getName().equals("millrace-watchdog")) continue;
      thread.join(TimeUnit.SECONDS.toMillis(30));
      assertFalse(thread.isAlive());
    }
  }
}
