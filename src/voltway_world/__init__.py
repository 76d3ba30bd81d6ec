"""The outside of Voltway, simulated: real protocols, and nothing imported from Voltway."""
