# Manual pages and shell completion, made from what a tool prints of itself.
find_program(HELP2MAN_EXECUTABLE help2man)
find_program(AWK_EXECUTABLE NAMES awk mawk gawk)
mark_as_advanced(HELP2MAN_EXECUTABLE AWK_EXECUTABLE)

# pgb_tool_pages(TOOL SUMMARY): builds and installs TOOL.1.gz (where help2man is found) and the completions for bash, zsh
# and fish.
function(pgb_tool_pages tool summary)
  set(folder "${CMAKE_CURRENT_BINARY_DIR}/pages")
  file(MAKE_DIRECTORY "${folder}")
  set(pages "")
  if(HELP2MAN_EXECUTABLE)
    add_custom_command(OUTPUT "${folder}/${tool}.1.gz" DEPENDS ${tool}
      COMMAND "${HELP2MAN_EXECUTABLE}" --no-info --locale=C "--name=${summary}"
        "--output=${folder}/${tool}.1" "$<TARGET_FILE:${tool}>"
      COMMAND gzip -9nf "${folder}/${tool}.1"
      COMMENT "Manual page of ${tool}" VERBATIM)
    list(APPEND pages "${folder}/${tool}.1.gz")
    install(FILES "${folder}/${tool}.1.gz" DESTINATION "${CMAKE_INSTALL_MANDIR}/man1" COMPONENT tools)
  endif()
  if(AWK_EXECUTABLE)
    set(bash "${CMAKE_INSTALL_DATADIR}/bash-completion/completions/${tool}")
    set(zsh "${CMAKE_INSTALL_DATADIR}/zsh/vendor-completions/_${tool}")
    set(fish "${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d/${tool}.fish")
    set(script "${PROJECT_SOURCE_DIR}/cmake/completion.awk")
    foreach(shell IN ITEMS bash zsh fish)
      set(file "${folder}/${tool}.${shell}")
      add_custom_command(OUTPUT "${file}" DEPENDS ${tool} "${script}"
        COMMAND "$<TARGET_FILE:${tool}>" --help > "${file}.help"
        COMMAND "${AWK_EXECUTABLE}" -v tool=${tool} -v shell=${shell} -f "${script}" "${file}.help" > "${file}"
        COMMENT "Completion of ${tool} in ${shell}" VERBATIM)
      list(APPEND pages "${file}")
      get_filename_component(destination "${${shell}}" DIRECTORY)
      get_filename_component(name "${${shell}}" NAME)
      install(FILES "${file}" DESTINATION "${destination}" RENAME "${name}" COMPONENT tools)
    endforeach()
  endif()
  add_custom_target(${tool}_pages ALL DEPENDS ${pages})
endfunction()
