"""Items and answers by way of a broker, NATS JetStream: what is sent and how it is called; `worker/` answers, `lmtp/` takes mail in."""
