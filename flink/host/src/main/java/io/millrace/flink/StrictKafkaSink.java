package io.millrace.flink;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Properties;
import java.util.function.Predicate;
import org.apache.flink.api.connector.sink2.Committer;
import org.apache.flink.api.connector.sink2.CommitterInitContext;
import org.apache.flink.api.connector.sink2.WriterInitContext;
import org.apache.flink.connector.kafka.sink.KafkaCommittable;
import org.apache.flink.connector.kafka.sink.KafkaSink;
import org.apache.flink.connector.kafka.sink.KafkaWriterState;
import org.apache.flink.connector.kafka.sink.TwoPhaseCommittingStatefulSink;
import org.apache.flink.core.io.SimpleVersionedSerializer;
import org.apache.flink.streaming.api.connector.sink2.CommittableMessage;
import org.apache.flink.streaming.api.connector.sink2.SupportsPostCommitTopology;
import org.apache.flink.streaming.api.datastream.DataStream;

/**
 * Flink's Kafka sink, except that a transaction which cannot be committed ends the job. Flink's own
 * counts it and goes on: its rows would be missing, and nobody the wiser.
 */
final class StrictKafkaSink
    implements TwoPhaseCommittingStatefulSink<byte[], KafkaWriterState, KafkaCommittable>,
        SupportsPostCommitTopology<KafkaCommittable> {
  private static final long serialVersionUID = 1;
  private final KafkaSink<byte[]> sink;
  private final String uid;
  private final CommitVerdict verdict;

  /**
   * @param client settings of who asks what became of a transaction
   */
  StrictKafkaSink(KafkaSink<byte[]> sink, String uid, Properties client) {
    this.sink = sink;
    this.uid = uid;
    this.verdict = new CommitVerdict(client);
  }

  @Override
  public PrecommittingStatefulSinkWriter<byte[], KafkaWriterState, KafkaCommittable> createWriter(
      WriterInitContext context) throws IOException {
    return sink.createWriter(context);
  }

  @Override
  public PrecommittingStatefulSinkWriter<byte[], KafkaWriterState, KafkaCommittable> restoreWriter(
      WriterInitContext context, Collection<KafkaWriterState> states) throws IOException {
    return sink.restoreWriter(context, states);
  }

  @Override
  public SimpleVersionedSerializer<KafkaWriterState> getWriterStateSerializer() {
    return sink.getWriterStateSerializer();
  }

  @Override
  public Committer<KafkaCommittable> createCommitter(CommitterInitContext context) {
    return strict(sink.createCommitter(context), uid, verdict::committed);
  }

  @Override
  public SimpleVersionedSerializer<KafkaCommittable> getCommittableSerializer() {
    return sink.getCommittableSerializer();
  }

  @Override
  public void addPostCommitTopology(DataStream<CommittableMessage<KafkaCommittable>> committed) {
    sink.addPostCommitTopology(committed);
  }

  /**
   * @param committed whether what cannot be committed was committed before
   */
  static <T> Committer<T> strict(Committer<T> committer, String uid, Predicate<T> committed) {
    return new Committer<>() {
      @Override
      public void commit(Collection<CommitRequest<T>> requests)
          throws IOException, InterruptedException {
        List<CommitRequest<T>> strict = new ArrayList<>();
        for (CommitRequest<T> one : requests) strict.add(new StrictRequest<>(one, uid, committed));
        committer.commit(strict);
      }

      @Override
      public void close() throws Exception {
        committer.close();
      }
    };
  }

  /** A request that fails aloud. */
  private record StrictRequest<T>(
      Committer.CommitRequest<T> request, String uid, Predicate<T> committed)
      implements Committer.CommitRequest<T> {
    @Override
    public T getCommittable() {
      return request.getCommittable();
    }

    @Override
    public int getNumberOfRetries() {
      return request.getNumberOfRetries();
    }

    /** No restart can mend it: the rows are in no topic, and the source stands behind them. */
    @Override
    public void signalFailedWithKnownReason(Throwable reason) {
      if (committed.test(request.getCommittable())) {
        request.signalAlreadyCommitted();
        return;
      }
      throw new MillraceException(
              "ML_TRANSACTION",
              "the broker ended a transaction whose checkpoint was complete; its rows are missing: "
                  + request.getCommittable(),
              "sink \"" + uid + "\"",
              "Go on from an older checkpoint or savepoint, and allow a longer transactionTimeout",
              reason)
          .forGood();
    }

    @Override
    public void signalFailedWithUnknownReason(Throwable reason) {
      request.signalFailedWithUnknownReason(reason);
    }

    @Override
    public void retryLater() {
      request.retryLater();
    }

    @Override
    public void updateAndRetryLater(T committable) {
      request.updateAndRetryLater(committable);
    }

    @Override
    public void signalAlreadyCommitted() {
      request.signalAlreadyCommitted();
    }
  }
}
