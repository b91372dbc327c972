package io.presage.bench;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/// Measures subjects in turns: every one warm, then rounds, each beginning with another one.
final class Rounds {
    private static final Duration WARM_UP = Duration.ofSeconds(2);

    static List<Results> measure(String what, List<? extends Subject> subjects, Plan plan)
            throws IOException, InterruptedException {
        var warmUps = new ArrayList<Long>();
        for (var subject : subjects) {
            warmUps.add(warmUp(subject, plan));
        }
        var loads = new ArrayList<List<Load>>();
        subjects.forEach(_ -> loads.add(new ArrayList<>()));
        for (int round = 0; round < plan.rounds(); round++) {
            Stage.say(what + ": round " + (round + 1) + " of " + plan.rounds());
            for (int i = 0; i < subjects.size(); i++) {
                int at = (round + i) % subjects.size();
                loads.get(at).add(subjects.get(at).run(plan.round()));
            }
        }
        var results = new ArrayList<Results>();
        for (int i = 0; i < subjects.size(); i++) {
            results.add(new Results(subjects.get(i).name(), warmUps.get(i), loads.get(i)));
        }
        return results;
    }

    private static long warmUp(Subject subject, Plan plan) throws IOException, InterruptedException {
        subject.awaitReady();
        long answered = 0;
        long until = System.nanoTime() + plan.warmUpLimit().toNanos();
        while (answered < plan.warmUpRequests() && System.nanoTime() < until) {
            answered += subject.run(WARM_UP).requests();
        }
        return answered;
    }

    private Rounds() {}
}
