package io.millrace.flink;

import java.io.IOException;
import java.time.Duration;
import org.apache.flink.configuration.CheckpointingOptions;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.ExternalizedCheckpointRetention;
import org.apache.flink.configuration.RestartStrategyOptions;
import org.apache.flink.core.fs.Path;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;

/**
 * The job that a submitted jar starts: reads what the jar holds beside our classes, and makes a
 * Flink job of it.
 */
public final class MillraceJob {
  private MillraceJob() {}

  public static void main(String[] args) throws Exception {
    ClassLoader loader = Thread.currentThread().getContextClassLoader();
    JobSpec spec = JobSpec.load(loader);
    StreamExecutionEnvironment env =
        StreamExecutionEnvironment.getExecutionEnvironment(settings(spec));
    env.setParallelism(spec.parallelism);
    env.enableCheckpointing(spec.checkpointEveryMs);
    // Pieces are never changed, so nothing has to be copied between chained tasks.
    env.getConfig().enableObjectReuse();
    env.setBufferTimeout(spec.flushMs);
    Plan plan = JobSpec.plan(loader);
    env.setMaxParallelism(plan.keyGroups);
    new JobBuilder(env, spec, plan).build();
    env.execute(spec.name);
  }

  private static Configuration settings(JobSpec spec) throws IOException {
    Path checkpoints = new Path(spec.checkpointDir);
    Configuration settings = new Configuration();
    settings.set(CheckpointingOptions.CHECKPOINT_STORAGE, "filesystem");
    settings.set(
        CheckpointingOptions.CHECKPOINTS_DIRECTORY,
        checkpoints.makeQualified(checkpoints.getFileSystem()).toString());
    settings.set(
        CheckpointingOptions.EXTERNALIZED_CHECKPOINT_RETENTION,
        ExternalizedCheckpointRetention.RETAIN_ON_CANCELLATION);
    settings.set(CheckpointingOptions.ENABLE_UNALIGNED, false);
    settings.set(RestartStrategyOptions.RESTART_STRATEGY, "exponential-delay");
    settings.set(
        RestartStrategyOptions.RESTART_STRATEGY_EXPONENTIAL_DELAY_INITIAL_BACKOFF,
        Duration.ofMillis(200));
    settings.set(
        RestartStrategyOptions.RESTART_STRATEGY_EXPONENTIAL_DELAY_MAX_BACKOFF,
        Duration.ofSeconds(10));
    settings.set(
        RestartStrategyOptions.RESTART_STRATEGY_EXPONENTIAL_DELAY_RESET_BACKOFF_THRESHOLD,
        Duration.ofMinutes(1));
    settings.set(RestartStrategyOptions.RESTART_STRATEGY_EXPONENTIAL_DELAY_ATTEMPTS, 100);
    return settings;
  }
}
