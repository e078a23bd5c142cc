package io.millrace.flink;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Collection;
import java.util.Map;
import java.util.concurrent.CompletableFuture;

/**
 * Where a reader's splits get their bytes from: files, or servers that may have none now. It
 * belongs to the task's thread.
 */
interface SplitFeed extends AutoCloseable {
  /** Begins to read a split at an offset. */
  void open(Split split, long offset) throws IOException;

  /** Whether something can be taken: bytes, or the end. */
  default boolean ready(String split) {
    return true;
  }

  /** The next bytes of a split that is ready, valid until the next call; null at its end. */
  ByteBuffer take(String split) throws IOException;

  /** Looks for what came since; true when there may be more to take. */
  default boolean look() {
    return false;
  }

  /** Completed when it pays to look. */
  default CompletableFuture<Void> available() {
    return new CompletableFuture<>();
  }

  /** Whether all that the other side has of a split was taken. */
  default boolean caughtUp(String split) {
    return false;
  }

  default void pauseOrResume(Collection<String> toPause, Collection<String> toResume) {}

  /** A checkpoint holds these offsets by split: nothing before them is read again. */
  default void covered(Map<String, Long> offsets) {}

  @Override
  void close() throws IOException;
}
