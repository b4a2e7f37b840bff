#include "cli/schedule_due.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "base/text.hpp"
#include "base/try.hpp"
#include "cli/schedule_zone.hpp"
#include "store/owner.hpp"

namespace errand::cli {

namespace {

using std::chrono::floor;
using std::chrono::seconds;

// A run-due that comes a little late misses nothing.
constexpr std::chrono::minutes late_is_missed{5};
// A clock may be set back by hours (summer time done wrong); where it is more than a day, somebody should look.
constexpr std::chrono::hours future_is_wrong{25};

std::string times_text(std::size_t missed) {
  const auto more = missed >= schedule::max_missed ? "more than " : "";
  return more + text::count_of(missed, "time");
}

// Whether that time was to be left out, though nobody looked before the run that was in its way had ended: systemd
// starts no service beside itself.
bool came_meanwhile(const ScheduleEntry& entry, Timestamp time) {
  if (entry.overlap != Overlap::skip || !entry.last || !entry.last->ended) return false;
  return time > entry.last->started && time < *entry.last->ended;
}

// Which clock was wrong, the one that marked it or this one, can't be told; beginning anew could run times twice.
Error in_future(const ScheduleEntry& entry) {
  return {.kind = ErrorKind::failure,
          .message = fmt::format("{} ran for {}, which is in the future: it will not run before", entry.name,
                                 to_rfc3339(entry.handled)),
          .hint = fmt::format("the clock was wrong then or is now; if it was then, begin anew: \"errand schedule "
                              "remove {}\", and add it again",
                              entry.name)};
}

// Whether another run of it is in the way of the time that is due. What is left out is marked and told.
bool left_out_by_overlap(ScheduleEntry& entry, const schedule::Due& due, std::chrono::seconds delay, bool running,
                         std::vector<std::string>& notes) {
  if (running && entry.overlap == Overlap::skip) {
    ++entry.skipped;
    entry.missed += static_cast<std::int64_t>(due.missed);
    notes.push_back(fmt::format("{}: skipped, its run of {} still works", entry.name, to_rfc3339(entry.last->started)));
    return true;
  }
  if (!came_meanwhile(entry, Timestamp(due.newest + delay))) return false;
  entry.skipped += 1 + static_cast<std::int64_t>(due.missed);
  notes.push_back(fmt::format("{}: skipped {}, its run of {} worked till {}", entry.name, times_text(due.missed + 1),
                              to_rfc3339(entry.last->started), to_rfc3339(*entry.last->ended)));
  return true;
}

// The same for a time at which nobody looked, and for those before it.
bool left_out_as_missed(ScheduleEntry& entry, const schedule::Due& due, std::chrono::seconds delay, Timestamp at,
                        std::vector<std::string>& notes) {
  auto could_start = Timestamp(due.newest + delay);
  if (entry.overlap == Overlap::wait && entry.last && entry.last->ended) {
    could_start = std::max(could_start, *entry.last->ended);  // what was made to wait is not late
  }
  const bool leave_out = at - could_start > late_is_missed && entry.if_missed == IfMissed::skip;
  const auto missed = due.missed + (leave_out ? 1 : 0);
  entry.missed += static_cast<std::int64_t>(missed);
  if (missed > 0) {
    notes.push_back(fmt::format("{}: missed {} up to {}", entry.name, times_text(missed), to_rfc3339(entry.handled)));
  }
  return leave_out;
}

}  // namespace

Result<PlannedEntry> plan_of(const ScheduleEntry& entry) {
  const auto frame = fmt::format("while reading the entry {}", entry.name);
  PlannedEntry out;
  auto timetable = schedule::Timetable::parse(entry.when);
  if (!timetable) return fail(std::move(timetable).error().within(frame));
  auto zone = load_zone(entry.zone);
  if (!zone) return fail(std::move(zone).error().within(frame));
  out.timetable = *timetable;
  out.zone = *std::move(zone);
  out.delay = schedule::delay_of(entry.name, entry.jitter);
  return out;
}

std::optional<Timestamp> next_run(const ScheduleEntry& entry, const PlannedEntry& plan) {
  const auto next = plan.timetable.next_after(plan.zone, floor<seconds>(entry.created), floor<seconds>(entry.handled));
  return next ? std::optional(Timestamp(*next + plan.delay)) : std::nullopt;
}

Looked look_at(ScheduleEntry& entry, Timestamp at) {
  const auto plan = plan_of(entry);
  if (!plan) return {.problem = plan.error()};
  if (entry.handled > at + future_is_wrong) return {.problem = in_future(entry)};
  const auto due = schedule::due({.timetable = plan->timetable,
                                  .zone = plan->zone,
                                  .begin = floor<seconds>(entry.created),
                                  .handled = floor<seconds>(entry.handled),
                                  .delay = plan->delay},
                                 floor<seconds>(at));
  if (!due) return {};
  const bool running = is_running(entry);
  if (running && entry.overlap == Overlap::wait) return {};  // due until that one has ended
  entry.handled = Timestamp(due->newest);
  Looked out;
  if (left_out_by_overlap(entry, *due, plan->delay, running, out.notes)) return out;
  if (left_out_as_missed(entry, *due, plan->delay, at, out.notes)) return out;
  out.start = true;
  entry.last = ScheduleEntry::Run{.started = at, .ended = std::nullopt, .exit = std::nullopt};
  entry.starter = store::current_owner();
  entry.renewed = at;
  return out;
}

}  // namespace errand::cli
