#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "chat/model.hpp"

// Internal to this room: the built-in table of models.
namespace errand::config {

enum class Thinks { no, yes };
enum class Reads { text, images };

struct ModelRow {
  std::string_view provider;
  std::string_view id;
  std::int64_t context;     ///< tokens
  std::int64_t max_output;  ///< tokens
  /// USD per million tokens, as published: input and output of 0 are unknown, a cached price of 0 is none of its own.
  chat::Price price;
  Thinks thinks;
  Reads reads;
};

/// The vendors' model pages and prices as of autumn 2026. Facts age: config.yaml overrides each of them.
std::span<const ModelRow> model_rows();

}  // namespace errand::config
