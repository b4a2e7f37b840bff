#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <optional>
#include <set>
#include <stop_token>
#include <string>

#include "base/call.hpp"
#include "base/error.hpp"
#include "base/record_reader.hpp"
#include "chat/event.hpp"
#include "cli/command.hpp"
#include "cli/map_output.hpp"
#include "cli/map_prompt.hpp"
#include "cli/map_resume.hpp"
#include "cli/talk.hpp"

namespace errand::cli {

/// What `errand map` was asked for beside a prompt.
struct MapOptions {
  RecordForm form = RecordForm::line;
  std::size_t jobs = 1;
  std::optional<double> max_cost;  ///< of all records together
  bool keep_sessions = true;
  bool retry_failed = false;
};

/// Runs the prompt once for each record of a descriptor, several at a time. Everything it is given is borrowed.
class MapRun {
 public:
  MapRun(Talk& talk, const MapPrompt& prompt, const EarlierOutput* earlier, const MapOptions& options,
         MapOutput& output, const Invocation& invocation)
      : talk_(talk), prompt_(prompt), earlier_(earlier), options_(options), output_(output), invocation_(invocation) {}

  /// All records of `fd`, or as many as there are before it is stopped. An error that no record caused and every one
  /// would have (a key that is refused, a store that can't be written) ends it, and is returned.
  Result<void> go(int fd, const std::stop_token& stop);

 private:
  struct Record {
    std::size_t index = 0;
    std::string text;
    std::optional<Error> unreadable{};  // set: there is no text
  };
  class Sink;

  std::optional<Record> next_record();
  Result<std::optional<std::string>> next_line();
  void count_read(std::size_t bytes);
  void work();
  void process(const Record& record);
  void run_one(const Record& record, const chat::UserMessage& message);
  [[nodiscard]] agent::Services services_with(chat::EventSink& sink, store::Store* temporary) const;
  Result<chat::Event> ask(const Record& record, const chat::UserMessage& message);
  [[nodiscard]] bool ran_out_of_rest(const chat::Limits& limits, const chat::event::Done& done, const Sink& sink) const;
  Result<std::string> parent_session();
  [[nodiscard]] chat::AgentDefinition definition_for_next() const;
  [[nodiscard]] Json input_of(const Record& record) const;
  void put(const Record& record, chat::Event event, RecordEnd end);
  void put_unstarted(const Record& record, const Error& error, RecordEnd end);
  void tell_failure(const Record& record, const Error& error);
  void warn(const chat::event::Warning& warning);
  void spend(double usd);
  bool stops_others(const Error& error);
  void end_with(const Error& error);
  void stop_reading_for(const Error& error);
  [[nodiscard]] std::optional<Error> why_not_started() const;
  [[nodiscard]] agent::CancelledBy cancelled_by() const;

  Talk& talk_;
  const MapPrompt& prompt_;
  const EarlierOutput* earlier_;
  const MapOptions& options_;
  MapOutput& output_;
  const Invocation& invocation_;

  std::stop_source reading_;  // no further record is read
  std::stop_source running_;  // what runs is stopped
  std::mutex read_mutex_;
  std::optional<RecordReader> reader_;  // this and the next three: guarded by read_mutex_
  std::size_t next_index_ = 0;
  std::int64_t read_bytes_ = 0;
  std::int64_t total_bytes_ = 0;  // 0: unknown

  mutable std::mutex mutex_;
  double spent_usd_ = 0;            // this and all that follow: guarded by mutex_
  std::optional<Error> money_out_;  // no further record is started
  std::optional<Error> fatal_;
  std::set<std::string> told_;  // warnings
  std::string parent_;          // the session that the records' are kept beneath
};

}  // namespace errand::cli
