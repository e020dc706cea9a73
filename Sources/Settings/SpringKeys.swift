/// Spring's keys outside of `spring.cloud.stream` that concern us.
package enum SpringKeys {
    /// The profiles under which a document counts.
    package static let onProfile = ConfigKey(
        "on-profile", .list(.text), "The document counts under one of these profiles; `!p` is any but p, `&` joins.")

    private static let noKafka = "the Kafka binder is not in this version; topics are kept in the embedded log"
    private static let noRabbit = "the Rabbit binder is not in this version; topics are kept in the embedded log"
    private static let command = "profiles are chosen with --profile or SPRING_PROFILES_ACTIVE"

    static let mounts: [ConfigMount] = [
        ConfigMount(
            "spring.cloud.function", .stream,
            [
                ConfigKey(
                    "definition", .list(.text), "The same as stream.function.definition.",
                    status: .alias(of: StreamSettings.definitionField.key.name, note: nil)),
                .planned("routing-expression", "use a stage with 'use: route'"),
            ], title: "Spring's function keys"),
        ConfigMount("spring.config.activate", .document, [onProfile]),
        ConfigMount(
            "spring", .document,
            [
                ConfigKey(
                    "profiles", .list(.text), "The old form of spring.config.activate.on-profile.",
                    status: .alias(of: onProfile.name, note: nil))
            ] + ConfigKey.withoutEffect(["profiles.active", "profiles.include", "profiles.group"], command)
                + ConfigKey.withoutEffect(["config.import"], "pass the file to --config as well")
                + ConfigKey.planned(
                    [
                        "integration.poller.fixed-delay", "integration.poller.max-messages-per-poll",
                        "integration.poller.cron", "integration.poller.initial-delay",
                    ], "a stage runs when records arrive")
                + ConfigKey.withoutEffect(["kafka"], noKafka) + ConfigKey.withoutEffect(["rabbitmq"], noRabbit),
            title: "Spring's own keys"),
    ]
}
