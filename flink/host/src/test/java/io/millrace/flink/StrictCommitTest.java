package io.millrace.flink;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.function.Consumer;
import org.apache.flink.api.connector.sink2.Committer;
import org.apache.flink.api.connector.sink2.Committer.CommitRequest;
import org.apache.flink.runtime.execution.SuppressRestartsException;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("A commit to Kafka")
class StrictCommitTest {
  private final List<String> told = new ArrayList<>();
  private boolean committedBefore;

  @Test
  @DisplayName(
      "that the broker has made impossible ends the job for good, with the transaction's name")
  void tooLate() {
    var error =
        assertThrows(
            SuppressRestartsException.class,
            () -> commit(one -> one.signalFailedWithKnownReason(new IOException("aborted"))));
    String message = error.getCause().getMessage();
    assertTrue(message.startsWith("ML_TRANSACTION: "), message);
    assertTrue(message.contains("job-sink-0-7; where sink \"alarms\""), message);
    assertEquals(List.of(), told);
  }

  @Test
  @DisplayName("that was carried out before a crash is done")
  void before() throws Exception {
    committedBefore = true;
    commit(one -> one.signalFailedWithKnownReason(new IOException("fenced")));
    assertEquals(List.of("already"), told);
  }

  @Test
  @DisplayName("whose answer is open is asked again, as Flink does it")
  void retried() throws Exception {
    commit(CommitRequest::retryLater);
    commit(CommitRequest::signalAlreadyCommitted);
    commit(one -> one.signalFailedWithUnknownReason(new IOException("?")));
    assertEquals(List.of("later", "already", "unknown"), told);
  }

  /** A committer that does one thing with each request. */
  private void commit(Consumer<CommitRequest<String>> act) throws Exception {
    Committer<String> acting =
        new Committer<>() {
          @Override
          public void commit(Collection<CommitRequest<String>> requests) {
            requests.forEach(act);
          }

          @Override
          public void close() {}
        };
    StrictKafkaSink.strict(acting, "alarms", id -> committedBefore).commit(List.of(new Request()));
  }

  private final class Request implements CommitRequest<String> {
    @Override
    public String getCommittable() {
      return "job-sink-0-7";
    }

    @Override
    public int getNumberOfRetries() {
      return 0;
    }

    @Override
    public void signalFailedWithKnownReason(Throwable reason) {
      told.add("known");
    }

    @Override
    public void signalFailedWithUnknownReason(Throwable reason) {
      told.add("unknown");
    }

    @Override
    public void retryLater() {
      told.add("later");
    }

    @Override
    public void updateAndRetryLater(String committable) {
      told.add("update");
    }

    @Override
    public void signalAlreadyCommitted() {
      told.add("already");
    }
  }
}
