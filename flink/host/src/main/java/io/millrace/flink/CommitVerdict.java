package io.millrace.flink;

import java.io.Serializable;
import java.util.List;
import java.util.Properties;
import java.util.concurrent.ExecutionException;
import org.apache.flink.connector.kafka.sink.KafkaCommittable;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.TransactionDescription;
import org.apache.kafka.clients.admin.TransactionState;

/**
 * What became of a transaction that the broker does not let anyone commit: it was committed before
 * a crash, and the answer was lost or its checkpoint restored; or it was aborted. The answer to the
 * commit is the same, for a broker of version 4 takes a new epoch with each end of a transaction.
 * The coordinator knows, as long as the transactional id is used for nothing else.
 */
record CommitVerdict(Properties client) implements Serializable {

  /** Whether its rows are in the topic. */
  boolean committed(KafkaCommittable transaction) {
    try (Admin admin = Admin.create(client)) {
      String id = transaction.getTransactionalId();
      TransactionDescription now = admin.describeTransactions(List.of(id)).description(id).get();
      boolean same =
          now.producerId() == transaction.getProducerId()
              && now.producerEpoch() <= transaction.getEpoch() + 1;
      return same
          && (now.state() == TransactionState.COMPLETE_COMMIT
              || now.state() == TransactionState.PREPARE_COMMIT);
    } catch (ExecutionException e) {
      return false;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }
}
