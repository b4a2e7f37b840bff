#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>

#include "chat/event.hpp"
#include "render/options.hpp"

namespace errand::render {

/// What the next prompt of a chat goes to, where no run has said so yet.
struct Standing {
  std::string session;  ///< empty: one that is not there yet
  std::string agent;
  std::string model;  ///< its full name
  std::string mode;
  std::string sandbox;
  std::int64_t context = 0;  ///< tokens of the session's last request and its reply; 0: as the last run said
};

/// What a status line says of the session, gathered from the root agent's events.
class Status {
 public:
  /// Tokens that a model's window has, by its full name; 0: unknown.
  using WindowOf = std::function<std::int64_t(const std::string& model)>;
  void use_windows(WindowOf window_of) { window_of_ = std::move(window_of); }

  void take(const chat::Event& event);

  /// Between runs: what the next one will begin with. Another session's figures are forgotten.
  void take(const Standing& standing);
  void use_mode(std::string_view mode) { mode_ = mode; }

  /// "helper · model · 12% of context · $0.0312 · sandbox full · plan", dim, at most `columns` wide: what is said last
  /// goes first. Empty before anything is known.
  [[nodiscard]] std::string line(std::size_t columns, Color color) const;

 private:
  void take_usage(const chat::event::UsageEvent& usage);

  std::string session_;
  std::string agent_;
  std::string model_;
  std::string sandbox_;
  std::string mode_;
  WindowOf window_of_;
  std::int64_t window_ = 0;
  std::int64_t context_ = 0;             ///< tokens of the last request and its reply
  bool restarted_ = false;               ///< what the next usage tells is the sum of several tries
  std::optional<double> cost_ = 0.0;     ///< of runs that are over; nullopt: a price is unknown
  std::optional<double> running_ = 0.0;  ///< of the one in progress
};

}  // namespace errand::render
