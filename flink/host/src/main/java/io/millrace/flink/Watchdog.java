package io.millrace.flink;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Ends scripts that do not return. One thread for all guests of a task manager; ending a script is
 * the only thing that any other thread than a guest's own ever does to it.
 */
final class Watchdog {
  private static final long LOOK_EVERY_MS = 50;
  private static final Set<Guest> GUESTS = ConcurrentHashMap.newKeySet();
  private static Thread thread;

  private Watchdog() {}

  static void watch(Guest guest) {
    GUESTS.add(guest);
    synchronized (Watchdog.class) {
      if (thread != null && thread.isAlive()) return;
      thread = new Thread(Watchdog::look, "millrace-watchdog");
      thread.setDaemon(true);
      thread.start();
    }
  }

  static void forget(Guest guest) {
    GUESTS.remove(guest);
  }

  /** Ends with the last guest, so that the job's classes can be unloaded. */
  private static void look() {
    while (true) {
      synchronized (Watchdog.class) {
        if (GUESTS.isEmpty()) {
          thread = null;
          return;
        }
      }
      long now = System.nanoTime();
      for (Guest guest : GUESTS) guest.endIfLate(now);
      try {
        Thread.sleep(LOOK_EVERY_MS);
      } catch (InterruptedException e) {
        return;
      }
    }
  }
}
