package io.millrace.flink;

/** A record as a Flink user has it in Java: a POJO. */
public class Event {
  public String key;
  public double label;
  public double[] features;
}
