#include "provider/gemini_settings.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <string>
#include <variant>

#include <fmt/format.h>

#include "provider/generation.hpp"

namespace errand::provider {

using chat::ThinkingStyle;

namespace {

constexpr std::size_t most_stop_texts = 5;

struct Version {
  int major = 0;
  int minor = 0;
  auto operator<=>(const Version&) const = default;
};

int number_at(std::string_view text) {
  int out = 0;
  std::from_chars(text.data(), text.data() + text.size(), out);
  return out;
}

// Of "gemini-2.5-flash". "gemini-flash-latest" is as good as the third; what is no Gemini has none.
Version version_of(std::string_view id) {
  constexpr std::string_view family = "gemini-";
  const auto at = id.find(family);
  if (at == std::string_view::npos) return {};
  id.remove_prefix(at + family.size());
  if (id.ends_with("-latest")) return {3, 0};
  const auto end = id.find_first_not_of("0123456789");
  const bool has_minor = end != std::string_view::npos && id[end] == '.';
  return {number_at(id), has_minor ? number_at(id.substr(end + 1)) : 0};
}

bool contains(std::string_view id, std::string_view word) {
  return id.find(word) != std::string_view::npos;
}

/// How a model is told how much to think.
enum class ThinkingForm { none, budget, level };

ThinkingForm form_of(const chat::ModelSpec& model) {
  if (model.thinking == ThinkingStyle::budget) return ThinkingForm::budget;
  if (model.thinking != ThinkingStyle::none) return ThinkingForm::level;
  constexpr std::array<std::string_view, 4> media = {"-image", "-tts", "-audio", "-live"};
  if (std::ranges::any_of(media, [&](std::string_view word) { return contains(model.id, word); })) {
    return ThinkingForm::none;
  }
  const auto version = version_of(model.id);
  if (version.major >= 3) return ThinkingForm::level;
  return version == Version{2, 5} ? ThinkingForm::budget : ThinkingForm::none;
}

struct Budgets {
  std::int64_t least = 0;  ///< that still thinks
  std::int64_t most = 0;
  bool can_be_zero = true;
};
Budgets budgets_of(std::string_view id) {
  if (contains(id, "pro")) return {128, 32'768, false};
  return {contains(id, "lite") ? 512 : 1, 24'576, true};
}

struct Effort {
  std::string_view name;
  std::int64_t budget;
};
constexpr std::array efforts = {
    Effort{"minimal", 512}, Effort{"low", 4096},   Effort{"medium", 10'000},
    Effort{"high", 24'000}, Effort{"max", 32'768},
};

std::int64_t budget_of(const chat::ThinkingSettings& thinking, std::string_view id) {
  const auto range = budgets_of(id);
  if (thinking.effort == "none") return range.can_be_zero ? 0 : range.least;
  const auto* effort = std::ranges::find(efforts, thinking.effort, &Effort::name);
  const auto wanted = thinking.budget_tokens > 0 || effort == efforts.end() ? thinking.budget_tokens : effort->budget;
  return std::clamp(wanted, range.least, range.most);
}

// A level that a model does not know is refused; each has low and high.
std::string_view level_of(const chat::ThinkingSettings& thinking, std::string_view id) {
  const auto version = version_of(id);
  const bool has_minimal =
      contains(id, "flash") && version >= Version{3, 0} && version < Version{3, 7} && !id.ends_with("-latest");
  const bool has_medium = !contains(id, "gemini-3-pro");
  auto wanted = std::string_view(thinking.effort);
  if (wanted.empty()) {
    const auto* effort =
        std::ranges::find_if(efforts, [&](const Effort& e) { return thinking.budget_tokens <= e.budget; });
    wanted = effort == efforts.end() ? "high" : effort->name;
  }
  if (wanted == "none" || wanted == "minimal") return has_minimal ? "minimal" : "low";
  if (wanted == "low") return "low";
  return wanted == "medium" && has_medium ? "medium" : "high";
}

bool is_asked(const chat::ThinkingSettings& thinking) {
  return !thinking.effort.empty() || thinking.budget_tokens > 0;
}

// The amount is the model's own unless something was asked; its thoughts are asked for wherever it has some.
std::optional<std::string> thinking_config(const chat::ThinkingSettings& thinking, const chat::ModelSpec& model) {
  const auto form = form_of(model);
  // This one thinks only when it is told to.
  const bool idle = form == ThinkingForm::budget && contains(model.id, "lite");
  if (form == ThinkingForm::none || (idle && !is_asked(thinking))) return std::nullopt;
  std::string out;
  JsonWriter json(out);
  json.begin_object();
  if (is_asked(thinking) && form == ThinkingForm::budget) {
    json.key("thinkingBudget").number(budget_of(thinking, model.id));
  } else if (is_asked(thinking)) {
    json.field("thinkingLevel", level_of(thinking, model.id));
  }
  if (thinking.effort != "none") json.key("includeThoughts").raw("true");
  json.end_object();
  return out;
}

bool takes_schema(const Request& request, const chat::ModelSpec& model) {
  return request.tools.empty() || is_gemini_3(model.id);
}

void write_stop(JsonWriter& json, const std::vector<std::string>& stop) {
  if (stop.empty()) return;
  json.key("stopSequences").begin_array();
  for (std::size_t i = 0; i < std::min(stop.size(), most_stop_texts); ++i) json.string(stop[i]);
  json.end_array();
}

void write_generation_config(JsonWriter& json, const Request& request, const chat::ModelSpec& model) {
  const auto& generation = request.generation;
  if (generation.temperature) json.key("temperature").raw(fmt::format("{}", *generation.temperature));
  if (generation.top_p) json.key("topP").raw(fmt::format("{}", *generation.top_p));
  if (generation.max_output > 0) {
    const auto most = model.max_output > 0 ? model.max_output : generation.max_output;
    json.key("maxOutputTokens").number(std::min(generation.max_output, most));
  }
  write_stop(json, generation.stop);
  if (const auto thinking = thinking_config(request.thinking, model)) json.key("thinkingConfig").raw(*thinking);
  if (!request.output_schema.empty() && takes_schema(request, model)) {
    json.field("responseMimeType", "application/json").key("responseJsonSchema").raw(request.output_schema);
  }
}

void write_tool_config(JsonWriter& json, const Request& request) {
  const auto choice = tool_choice_of(request);
  using Kind = ToolChoice::Kind;
  if (choice.kind == Kind::unsaid || choice.kind == Kind::automatic) return;
  json.key("toolConfig").begin_object().key("functionCallingConfig").begin_object();
  json.field("mode", choice.kind == Kind::none ? "NONE" : "ANY");
  if (choice.kind == Kind::tool) json.key("allowedFunctionNames").begin_array().string(choice.tool).end_array();
  json.end_object().end_object();
}

// The first type of image in the conversation that the API does not take.
std::optional<std::string> refused_image(const std::vector<chat::UserBlock>& content) {
  for (const auto& block : content) {
    const auto* image = std::get_if<chat::Image>(&block);
    if (image != nullptr && !gemini_takes_image(image->media_type)) return image->media_type;
  }
  return std::nullopt;
}

std::optional<std::string> refused_image(const std::vector<chat::Message>& history) {
  for (const auto& message : history) {
    if (const auto* user = std::get_if<chat::UserMessage>(&message)) {
      if (auto type = refused_image(user->content)) return type;
    }
    const auto* results = std::get_if<chat::ToolMessage>(&message);
    if (results == nullptr) continue;
    for (const auto& result : results->results) {
      if (auto type = refused_image(result.content)) return type;
    }
  }
  return std::nullopt;
}

}  // namespace

bool is_gemini_3(std::string_view model_id) {
  return version_of(model_id).major >= 3;
}

bool gemini_takes_image(std::string_view media_type) {
  constexpr std::array<std::string_view, 5> types = {"image/png", "image/jpeg", "image/webp", "image/heic",
                                                     "image/heif"};
  return std::ranges::find(types, media_type) != types.end();
}

void write_gemini_settings(JsonWriter& json, const Request& request, const chat::ModelSpec& model) {
  write_tool_config(json, request);
  std::string config;
  JsonWriter inner(config);
  inner.begin_object();
  write_generation_config(inner, request, model);
  inner.end_object();
  if (config != "{}") json.key("generationConfig").raw(config);
}

std::vector<chat::event::Warning> gemini_left_out(const Request& request, const Endpoint& endpoint) {
  const auto& model = endpoint.model;
  const auto& thinking = request.thinking;
  const auto form = form_of(model);
  std::vector<chat::event::Warning> out;
  if (form == ThinkingForm::none) {
    if (is_asked(thinking) && thinking.effort != "none") out.push_back(effort_left_out(endpoint));
  } else if (thinking.effort == "none" && (form == ThinkingForm::level || !budgets_of(model.id).can_be_zero)) {
    out.push_back({"thinking_effort_left_out",
                   fmt::format("{} always thinks: it is asked for the least it can do", model.full_name())});
  }
  if (!request.output_schema.empty() && !takes_schema(request, model)) {
    out.push_back(left_out_warning("output schema beside tools", endpoint));
  }
  if (request.generation.stop.size() > most_stop_texts) {
    out.push_back(left_out_warning(fmt::format("stop texts beyond {}", most_stop_texts), endpoint));
  }
  if (const auto type = refused_image(request.history)) {
    out.push_back({"image_type_left_out",
                   fmt::format("{} takes no images of type {}: they are left out", model.full_name(), *type)});
  }
  return out;
}

}  // namespace errand::provider
