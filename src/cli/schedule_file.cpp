#include "cli/schedule_file.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>

#include "base/fd.hpp"
#include "base/file.hpp"
#include "base/json.hpp"
#include "base/pause.hpp"
#include "base/try.hpp"
#include "chat/codec.hpp"
#include "chat/name_table.hpp"
#include "store/open.hpp"

namespace errand::cli {

namespace {

constexpr std::int64_t format_version = 1;
constexpr std::size_t max_file_size_bytes = std::size_t{16} << 20U;
constexpr std::chrono::milliseconds look_again{20};
constexpr std::chrono::seconds lock_patience{10};

constexpr std::array overlaps = {chat::Name{Overlap::skip, "skip"}, chat::Name{Overlap::wait, "wait"},
                                 chat::Name{Overlap::allow, "allow"}};
constexpr std::array ways_to_miss = {chat::Name{IfMissed::run, "run"}, chat::Name{IfMissed::skip, "skip"}};

Json owner_json(const store::Owner& owner) {
  return {{"pid", owner.pid},
          {"started", owner.started},
          {"boot", owner.boot},
          {"host", owner.host},
          {"pid_namespace", owner.pid_namespace}};
}

Json time_json(const std::optional<Timestamp>& at) {
  return at ? Json(to_rfc3339(*at)) : Json(nullptr);
}

Json entry_json(const ScheduleEntry& entry) {
  Json out = {{"name", entry.name},
              {"when", entry.when},
              {"zone", entry.zone},
              {"directory", entry.directory},
              {"arguments", entry.arguments},
              {"if_running", name_of(entry.overlap)},
              {"if_missed", name_of(entry.if_missed)},
              {"jitter_seconds", entry.jitter.count()},
              {"created", to_rfc3339(entry.created)},
              {"handled", to_rfc3339(entry.handled)},
              {"missed", entry.missed},
              {"skipped", entry.skipped}};
  if (entry.last) {
    out["last"] = {{"started", to_rfc3339(entry.last->started)},
                   {"ended", time_json(entry.last->ended)},
                   {"exit", entry.last->exit ? Json(*entry.last->exit) : Json(nullptr)}};
  }
  if (entry.starter) out["starter"] = owner_json(*entry.starter);
  if (entry.renewed) out["renewed"] = to_rfc3339(*entry.renewed);
  return out;
}

// The fields of an object in a file that anything may have written; what is no such field leaves `wrong` set.
class Fields {
 public:
  explicit Fields(const Json& json) : json_(json), wrong_(!json.is_object()) {}

  [[nodiscard]] bool wrong() const { return wrong_; }
  [[nodiscard]] const Json* find(const char* key) const {
    if (!json_.is_object()) return nullptr;
    const auto found = json_.find(key);
    return found == json_.end() || found->is_null() ? nullptr : &*found;
  }

  std::string text(const char* key) {
    const auto* value = want(key);
    if (value == nullptr || !value->is_string()) return none<std::string>();
    return value->get<std::string>();
  }
  std::int64_t number(const char* key) {
    const auto* value = want(key);
    if (value == nullptr || !value->is_number_integer()) return none<std::int64_t>();
    return value->get<std::int64_t>();
  }
  Timestamp time(const char* key) {
    const auto at = parse_rfc3339(text(key));
    if (!at) wrong_ = true;
    return at.value_or(Timestamp{});
  }
  std::vector<std::string> texts(const char* key) {
    std::vector<std::string> out;
    const auto* value = want(key);
    if (value == nullptr || !value->is_array()) return none<std::vector<std::string>>();
    for (const auto& item : *value) {
      if (item.is_string()) out.push_back(item.get<std::string>());
      if (!item.is_string()) wrong_ = true;
    }
    return out;
  }

 private:
  template <class Value>
  Value none() {
    wrong_ = true;
    return {};
  }

  const Json* want(const char* key) {
    const auto* value = find(key);
    if (value == nullptr) wrong_ = true;
    return value;
  }

  const Json& json_;
  bool wrong_;
};

std::optional<store::Owner> owner_of(const Json& json) {
  Fields fields(json);
  store::Owner out{.pid = fields.number("pid"),
                   .started = fields.number("started"),
                   .boot = fields.text("boot"),
                   .host = fields.text("host"),
                   .pid_namespace = fields.number("pid_namespace")};
  return fields.wrong() ? std::nullopt : std::optional(std::move(out));
}

std::optional<ScheduleEntry::Run> run_of(const Json& json) {
  Fields fields(json);
  ScheduleEntry::Run out{.started = fields.time("started"), .ended = std::nullopt, .exit = std::nullopt};
  if (fields.find("ended") != nullptr) out.ended = fields.time("ended");
  if (fields.find("exit") != nullptr) out.exit = static_cast<int>(fields.number("exit"));
  return fields.wrong() ? std::nullopt : std::optional(out);
}

std::optional<ScheduleEntry> entry_of(const Json& json) {
  Fields fields(json);
  ScheduleEntry out;
  out.name = fields.text("name");
  out.when = fields.text("when");
  out.zone = fields.text("zone");
  out.directory = fields.text("directory");
  out.arguments = fields.texts("arguments");
  const auto overlap = overlap_named(fields.text("if_running"));
  const auto if_missed = if_missed_named(fields.text("if_missed"));
  out.jitter = std::chrono::seconds(fields.number("jitter_seconds"));
  out.created = fields.time("created");
  out.handled = fields.time("handled");
  out.missed = fields.number("missed");
  out.skipped = fields.number("skipped");
  if (fields.wrong() || !overlap || !if_missed || !is_schedule_name(out.name)) return std::nullopt;
  out.overlap = *overlap;
  out.if_missed = *if_missed;
  if (const auto* last = fields.find("last")) {
    out.last = run_of(*last);
    if (!out.last) return std::nullopt;
  }
  if (const auto* starter = fields.find("starter")) {
    out.starter = owner_of(*starter);
    if (!out.starter) return std::nullopt;
  }
  if (fields.find("renewed") != nullptr) out.renewed = fields.time("renewed");
  return fields.wrong() ? std::nullopt : std::optional(std::move(out));
}

tl::unexpected<Error> unreadable(const std::string& path, std::string_view why) {
  return fail(ErrorKind::storage, fmt::format("can't read the schedule in {}: {}", path, why),
              "mend it, or move it aside and add the entries again");
}

Result<Fd> locked(const std::string& path, const Call& call) {
  Fd file(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!file) return fail_errno(ErrorKind::storage, fmt::format("can't open {}", path), errno);
  const auto patient = call.within(lock_patience);
  while (::flock(file.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK && errno != EINTR) {
      return fail_errno(ErrorKind::storage, fmt::format("can't lock {}", path), errno);
    }
    if (pause_for(look_again, patient)) continue;
    ERRAND_TRY(call.check());
    return fail(ErrorKind::busy, fmt::format("another process changes the schedule: {} is locked", path), "try again");
  }
  return file;
}

}  // namespace

std::string_view name_of(Overlap overlap) {
  return chat::find_name(overlaps, overlap);
}

std::optional<Overlap> overlap_named(std::string_view name) {
  return chat::find_value(overlaps, name);
}

std::string_view name_of(IfMissed what) {
  return chat::find_name(ways_to_miss, what);
}

std::optional<IfMissed> if_missed_named(std::string_view name) {
  return chat::find_value(ways_to_miss, name);
}

bool is_running(const ScheduleEntry& entry) {
  if (!entry.starter || !entry.last || entry.last->ended) return false;
  // Whoever can't be looked at, on another machine, counts as alive for as long as owners do from their last sign.
  const auto sign = entry.renewed.value_or(entry.last->started);
  return store::is_alive(*entry.starter, store::current_owner(), sign, now());
}

bool is_schedule_name(std::string_view name) {
  return store::is_valid_user(name);
}

Result<std::vector<ScheduleEntry>> ScheduleFile::read() const {
  std::vector<ScheduleEntry> out;
  if (!path_exists(path_)) return out;
  const auto content = read_file(path_, max_file_size_bytes);
  if (!content) return unreadable(path_, content.error().message);
  const auto json = chat::parse_json(*content);
  if (!json) return unreadable(path_, json.error().message);
  if (!json->is_object() || json->value("version", Json()) != format_version) {
    return unreadable(path_, "it has a format that this version does not know");
  }
  const auto entries = json->find("entries");
  if (entries == json->end() || !entries->is_array()) return unreadable(path_, "it has no entries");
  for (const auto& item : *entries) {
    auto entry = entry_of(item);
    if (!entry) return unreadable(path_, fmt::format("its entry {} is malformed", out.size()));
    out.push_back(*std::move(entry));
  }
  std::ranges::sort(out, {}, &ScheduleEntry::name);
  return out;
}

Result<void> ScheduleFile::change(const std::function<Result<void>(std::vector<ScheduleEntry>&)>& change,
                                  const Call& call) const {
  ERRAND_TRY_ASSIGN(const auto lock, locked(path_ + ".lock", call));
  ERRAND_TRY_ASSIGN(auto entries, read());
  ERRAND_TRY(change(entries));
  std::ranges::sort(entries, {}, &ScheduleEntry::name);
  auto items = Json::array();
  for (const auto& entry : entries) items.push_back(entry_json(entry));
  const Json whole = {{"version", format_version}, {"entries", std::move(items)}};
  auto written = write_file_atomic(path_, whole.dump(1, ' ', false, Json::error_handler_t::replace) + "\n", 0600);
  if (!written) {
    auto error = std::move(written).error();
    error.kind = ErrorKind::storage;
    return fail(std::move(error));
  }
  return {};
}

}  // namespace errand::cli
